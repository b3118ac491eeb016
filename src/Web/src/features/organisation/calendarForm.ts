import type { Land, Weekday } from "../../gql/pages/graphql";

export const weekdays = [
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
  "SUNDAY",
] as const satisfies readonly Weekday[];

/** The Länder, by their names, which no language translates. */
export const lands: Record<Land, string> = {
  BADEN_WUERTTEMBERG: "Baden-Württemberg",
  BAYERN: "Bayern",
  BERLIN: "Berlin",
  BRANDENBURG: "Brandenburg",
  BREMEN: "Bremen",
  HAMBURG: "Hamburg",
  HESSEN: "Hessen",
  MECKLENBURG_VORPOMMERN: "Mecklenburg-Vorpommern",
  NIEDERSACHSEN: "Niedersachsen",
  NORDRHEIN_WESTFALEN: "Nordrhein-Westfalen",
  RHEINLAND_PFALZ: "Rheinland-Pfalz",
  SAARLAND: "Saarland",
  SACHSEN: "Sachsen",
  SACHSEN_ANHALT: "Sachsen-Anhalt",
  SCHLESWIG_HOLSTEIN: "Schleswig-Holstein",
  THUERINGEN: "Thüringen",
};

interface Hours {
  day: Weekday;
  opens: string;
  closes: string;
}

const time = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

/** What the server would refuse; undefined when there is nothing. */
export function problemOf(hours: readonly Hours[], daysOff: readonly string[]) {
  if (hours.length === 0) return "none" as const;
  if (hours.some(({ opens, closes }) => !time.test(opens) || !time.test(closes))) return "time" as const;
  if (hours.some(({ opens, closes }) => closes <= opens)) return "order" as const;
  const closed = daysOff.some((day) => {
    const weekday = weekdays[(new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7];
    return !hours.some((h) => h.day === weekday);
  });
  return closed ? ("closed" as const) : undefined;
}

/** The day that it is in a time zone: 2026-11-29. */
export const today = (timeZone: string, now: Date) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);
