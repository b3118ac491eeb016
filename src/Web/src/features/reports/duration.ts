const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** A length of time for a reader, in its two largest units. */
export function duration(seconds: number, language: string): string {
  const unit = (value: number, name: "second" | "minute" | "hour" | "day") =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (seconds < minute) return unit(Math.round(seconds), "second");
  const minutes = Math.round(seconds / minute);
  if (minutes < 60) return unit(minutes, "minute");
  const hours = seconds < day ? Math.floor(minutes / 60) : Math.round(seconds / hour);
  if (hours < 24) return [unit(hours, "hour"), ...(minutes % 60 ? [unit(minutes % 60, "minute")] : [])].join(" ");
  const days = Math.floor(hours / 24);
  return [unit(days, "day"), ...(hours % 24 ? [unit(hours % 24, "hour")] : [])].join(" ");
}

/** Business time for a reader: days of it have no 24 hours, so that it is in hours. */
export function workingTime(seconds: number, language: string): string {
  if (seconds < day) return duration(seconds, language);
  return new Intl.NumberFormat(language, { style: "unit", unit: "hour", unitDisplay: "short" }).format(
    Math.round(seconds / hour),
  );
}
