/** Where an archive is asked for: of all, or of one customer with the days and with internal notes or without. */
export function archiveUrl(
  customer: string | undefined,
  from: string | undefined,
  to: string | undefined,
  notes: boolean,
): string {
  if (!customer) return "/audit/archive";
  const query = new URLSearchParams({
    customer,
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    notes: String(notes),
  });
  return `/audit/archive?${query}`;
}
