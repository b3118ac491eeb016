const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const startOfDay = (time: number) => new Date(time).setHours(0, 0, 0, 0);

/**
 * How long ago, as short as one reads it in a list: "vor 5 Min.", "14:32", "Mo.", "3. Nov.", "3. Nov. 2025".
 * @param time In ms since 1970, as `now`.
 */
export function shortTime(time: number, now: number, language: string, justNow: string, yesterday: string): string {
  const age = now - time;
  if (age < minute) return justNow;
  if (age < hour) return new Intl.RelativeTimeFormat(language, { style: "short" }).format(-Math.floor(age / minute), "minute");
  const days = Math.round((startOfDay(now) - startOfDay(time)) / day);
  if (days <= 0) return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(time);
  if (days === 1) return yesterday;
  if (days < 7) return new Intl.DateTimeFormat(language, { weekday: "short" }).format(time);
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) }).format(
    time,
  );
}

/** To the second, with the day of the week. */
export const exactTime = (time: number, language: string) =>
  new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" }).format(time);

/** A day, as a heading between what was written on different days. */
export const dayName = (time: number, language: string) =>
  new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(time);
