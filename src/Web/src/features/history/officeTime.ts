import { useTranslation } from "react-i18next";
import { useViewer } from "../../api/session";

/** An instant in a time zone, to the second and with the zone's offset then: the clock of a place says some times twice. */
export function timeIn(zone: string, language: string, instant: string): string {
  const at = Date.parse(instant);
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", timeZone: zone }).format(at);
  const offset = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" })
    .formatToParts(at)
    .find(({ type }) => type === "timeZoneName")?.value;
  return offset ? `${time} ${offset.replace("GMT", "UTC")}` : time;
}

/** Times as the office has them, wherever the reader is: what happened when is the same to all who look at a history. */
export function useOfficeTime() {
  const { language } = useTranslation().i18n;
  const zone = useViewer().organisation.settings.timeZone;
  return { zone, exact: (instant: string) => timeIn(zone, language, instant) };
}
