/** The difference of a zone's clocks to UTC at an instant, in ms. */
function offset(time: number, timeZone: string) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(time);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  return (
    Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) -
    Math.floor(time / 1_000) * 1_000
  );
}

/**
 * The instant, in RFC 3339, at which a day begins in a time zone, or one of the days after it.
 * @param day Such as 2026-12-31.
 */
export function startOfDay(day: string, timeZone: string, after = 0): string {
  const midnight = Date.parse(`${day}T00:00:00Z`) + after * 24 * 60 * 60_000;
  // Where the clocks change between the guess and midnight, the second look has the offset of then.
  const guess = midnight - offset(midnight, timeZone);
  return new Date(midnight - offset(guess, timeZone)).toISOString();
}

/** An instant to the second, by the clocks of a zone, which it says. */
export const zoned = (at: string, language: string, timeZone: string) =>
  new Intl.DateTimeFormat(language, {
    timeZone,
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  }).format(Date.parse(at));
