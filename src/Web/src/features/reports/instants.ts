import dayjs from "dayjs";
import timezone from "dayjs/plugin/timezone";
import utc from "dayjs/plugin/utc";
import type { Range } from "./ranges";

dayjs.extend(utc);
dayjs.extend(timezone);

/** The number of instants in a request. */
export const perRequest = 10;

const steps: Record<Range, { count: number; unit: "day" | "week" | "month" }> = {
  week: { count: 10, unit: "day" },
  month: { count: 30, unit: "day" },
  quarter: { count: 20, unit: "week" },
  year: { count: 20, unit: "month" },
};

/**
 * The instants to show the backlog at, oldest first: the ends of days, weeks or months in a time zone, and now. As many as whole requests
 * have.
 * @param zone An IANA time zone.
 */
export function instants(range: Range, zone: string, now: Date): string[] {
  const { count, unit } = steps[range];
  // Counted in days of the calendar: Day.js keeps the offset when it counts in a zone, though the clocks change.
  const start = dayjs.utc(dayjs(now).tz(zone).startOf(unit).format("YYYY-MM-DD"));
  const ends = Array.from({ length: count - 1 }, (_, back) =>
    dayjs.tz(start.subtract(back, unit).format("YYYY-MM-DD"), zone).toISOString(),
  );
  return [...ends.reverse(), now.toISOString()];
}

/** The first and last day of a range in a time zone, both included, as days of the calendar. */
export function days(range: Range, zone: string, now: Date): { from: string; to: string } {
  const day = (at: string | Date) => dayjs(at).tz(zone).format("YYYY-MM-DD");
  return { from: day(instants(range, zone, now)[0]!), to: day(now) };
}

/** Which day, week or month ends at an instant, for an axis; now is today. */
export function label(range: Range, at: string, zone: string, language: string): string {
  // An instant at midnight ends the day before.
  const within = new Date(Date.parse(at) - 1);
  const format =
    range === "year" ? ({ month: "short", year: "2-digit" } as const) : ({ day: "numeric", month: "short" } as const);
  return new Intl.DateTimeFormat(language, { ...format, timeZone: zone }).format(within);
}

/** The month that was so many months ago in a time zone, such as "März 2026". */
export const monthAgo = (months: number, zone: string, language: string, now: Date) =>
  new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    dayjs.utc(dayjs(now).tz(zone).format("YYYY-MM-01")).subtract(months, "month").toDate(),
  );

const field = "YYYY-MM-DDTHH:mm";

/** An instant as a field for a day and a time has it, by the clock of a time zone. */
export const inField = (at: string, zone: string) => dayjs(at).tz(zone).format(field);

/** The instant of such a field; undefined when it has none. */
export const ofField = (text: string, zone: string) => {
  const at = text === "" ? undefined : dayjs.tz(text, zone);
  return at?.isValid() ? at.toISOString() : undefined;
};
