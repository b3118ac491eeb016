/** Which moment the history shows, as its address says it: after an event, or at an instant; by default, now. */
export interface HistorySearch {
  version?: number;
  /** RFC 3339. */
  at?: string;
}

/** Reads an address. What it cannot mean is undefined; were it left out, the router would leave it as the address has it. */
export function readHistorySearch({ version, at }: Record<string, unknown>): HistorySearch {
  if (typeof version === "number" && Number.isInteger(version) && version > 0) return { version, at: undefined };
  return { version: undefined, at: typeof at === "string" && !Number.isNaN(Date.parse(at)) ? at : undefined };
}
