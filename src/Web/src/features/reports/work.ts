import type { WorkPart } from "../../gql/pages/graphql";

/** The numbers of the work, as addresses have them. */
export const parts = {
  open: "OPEN",
  attention: "ATTENTION",
  awaiting: "AWAITING_REPLY",
} as const satisfies Record<string, WorkPart>;

export type Part = keyof typeof parts;

/** What the page of the work at an instant shows, as its address has it. */
export interface WorkSearch {
  /** The instant; now unless it is said. */
  at?: string | undefined;
  /** By customers rather than by persons. */
  by?: "customer" | undefined;
  /** The number whose list is open. */
  list?: Part | undefined;
  /** Of the list, only what this administrator was responsible for; `none` for nobody. */
  person?: string | undefined;
  /** Of the list, only what is of this customer. */
  customer?: string | undefined;
}

// The most characters of an id, as the server has it.
const idMaximum = 100;

const id = (value: unknown) => (typeof value === "string" && value !== "" ? value.slice(0, idMaximum) : undefined);

/** Reads an address. What it cannot mean is undefined. */
export function readWorkSearch({ at, by, list, person, customer }: Record<string, unknown>): WorkSearch {
  const time = typeof at === "string" ? Date.parse(at) : Number.NaN;
  return {
    at: Number.isNaN(time) ? undefined : new Date(time).toISOString(),
    by: by === "customer" ? by : undefined,
    list: typeof list === "string" && Object.hasOwn(parts, list) ? (list as Part) : undefined,
    person: id(person),
    customer: id(customer),
  };
}
