/** What the page of who has not delivered shows, as its address has it. */
export interface UndeliveredSearch {
  /** The number of months; 6 unless it is said. */
  months?: number | undefined;
  /** Only what this administrator is responsible for; `none` for nobody. */
  responsible?: string | undefined;
  /** The cell whose list is open: a customer, … */
  customer?: string | undefined;
  /** … and a month, as the number of months ago, or `earlier`. */
  month?: number | "earlier" | undefined;
}

/** The numbers of months that can be chosen. */
export const monthCounts = [6, 12, 24] as const;

// The most characters of an id, as the server has it.
const idMaximum = 100;

const id = (value: unknown) => (typeof value === "string" && value !== "" ? value.slice(0, idMaximum) : undefined);

/** Reads an address. What it cannot mean is undefined. */
export function readUndeliveredSearch({ months, responsible, customer, month }: Record<string, unknown>): UndeliveredSearch {
  const count = monthCounts.find((each) => each === months);
  const isMonth = typeof month === "number" && Number.isInteger(month) && month >= 0 && month < (count ?? monthCounts[0]);
  return {
    months: count === monthCounts[0] ? undefined : count,
    responsible: id(responsible),
    customer: id(customer),
    month: month === "earlier" || isMonth ? (month as number | "earlier") : undefined,
  };
}
