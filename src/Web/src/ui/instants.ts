const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Formats are dear to make, and a list says many times. */
const formats = new Map<string, Intl.DateTimeFormat>();
const relative = new Map<string, Intl.RelativeTimeFormat>();

function say(time: number, language: string, options: Intl.DateTimeFormatOptions) {
  const key = `${language} ${JSON.stringify(options)}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, format);
  return format.format(time);
}

function minutesAgo(minutes: number, language: string) {
  const format = relative.get(language) ?? new Intl.RelativeTimeFormat(language, { style: "short" });
  relative.set(language, format);
  return format.format(-minutes, "minute");
}

const startOfDay = (time: number) => new Date(time).setHours(0, 0, 0, 0);

/**
 * The age of an instant, as short as lists say it: "vor 5 Min.", "14:32", "Mo.", "3. Nov.", "3. Nov. 2025".
 * @param time In ms since 1970, as `now`.
 */
export function shortTime(time: number, now: number, language: string, justNow: string, yesterday: string): string {
  const age = now - time;
  if (age < minute) return justNow;
  if (age < hour) return minutesAgo(Math.floor(age / minute), language);
  const days = Math.round((startOfDay(now) - startOfDay(time)) / day);
  if (days <= 0) return say(time, language, { hour: "2-digit", minute: "2-digit" });
  if (days === 1) return yesterday;
  if (days < 7) return say(time, language, { weekday: "short" });
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return say(time, language, { day: "numeric", month: "short", ...(!sameYear && { year: "numeric" }) });
}

/** To the second, with the day of the week. */
export const exactTime = (time: number, language: string) => say(time, language, { dateStyle: "full", timeStyle: "medium" });

/** A day, as a heading between what was written on different days. */
export const dayName = (time: number, language: string) =>
  say(time, language, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
