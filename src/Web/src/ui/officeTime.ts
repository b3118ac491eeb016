import dayjs from "dayjs";
import timezone from "dayjs/plugin/timezone";
import utc from "dayjs/plugin/utc";
import { useTranslation } from "react-i18next";
import { useViewer } from "../api/session";

dayjs.extend(utc);
dayjs.extend(timezone);

/** An instant in a time zone, to the second and with the zone's offset then: the clock of a place says some times twice. */
export function timeIn(zone: string, language: string, instant: string): string {
  const at = Date.parse(instant);
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", timeZone: zone }).format(at);
  const offset = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return offset ? `${time} ${offset.replace("GMT", "UTC")}` : time;
}

/**
 * The instant, in RFC 3339, at which a day begins in a time zone, or one of the days after it.
 * @param day Such as 2026-12-31.
 */
export const startOfDay = (day: string, zone: string, after = 0) =>
  dayjs.tz(dayjs.utc(day).add(after, "day").format("YYYY-MM-DD"), zone).toISOString();

/** The day of an instant in a time zone. */
export const firstDay = (instant: string, zone: string) => dayjs(instant).tz(zone).format("YYYY-MM-DD");

/** The last day in a time zone before an instant. */
export const lastDay = (instant: string, zone: string) => dayjs(instant).subtract(1, "millisecond").tz(zone).format("YYYY-MM-DD");

/** Times as the office has them, wherever the reader is: what happened when is the same to all who look at a history. */
export function useOfficeTime() {
  const { language } = useTranslation().i18n;
  const zone = useViewer().organisation.settings.timeZone;
  return { zone, exact: (instant: string) => timeIn(zone, language, instant) };
}
