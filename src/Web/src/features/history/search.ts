/** Which moment the history shows, as its address says it: after an event, or at an instant; by default, now. */
export interface HistorySearch {
  version?: number;
  /** RFC 3339. */
  at?: string;
}

/** Reads an address; what it cannot mean is left out. */
export function readHistorySearch({ version, at }: Record<string, unknown>): HistorySearch {
  if (typeof version === "number" && Number.isInteger(version) && version > 0) return { version };
  if (typeof at === "string" && !Number.isNaN(Date.parse(at))) return { at };
  return {};
}
