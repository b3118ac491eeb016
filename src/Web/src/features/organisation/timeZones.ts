/** The offset of a time zone now, such as "GMT+1". */
function offset(zone: string, now: Date) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(now);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/**
 * The time zones that the browser knows, as choices: "Europe/Berlin (GMT+1)".
 * @param chosen Is among them, even where the browser calls it otherwise.
 */
export function timeZones(chosen: string, now: Date): { value: string; label: string }[] {
  const zones = new Set([...Intl.supportedValuesOf("timeZone"), "UTC", chosen]);
  return [...zones].sort().map((zone) => ({ value: zone, label: `${zone.replaceAll("_", " ")} (${offset(zone, now)})` }));
}
