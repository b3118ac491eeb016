import type { WeeklyList } from "../../gql/pages/graphql";

/** The lists of the weekly report, as addresses have them. */
export const lists = {
  "waiting-for-us": "WAITING_FOR_US",
  "came-in": "CAME_IN",
  "waiting-for-customers": "WAITING_FOR_CUSTOMERS",
  nobody: "NOBODY_RESPONSIBLE",
  started: "STARTED",
  answered: "ANSWERED",
  reopened: "REOPENED",
  backlog: "BACKLOG",
  written: "WRITTEN",
} as const satisfies Record<string, WeeklyList>;

export type List = keyof typeof lists | "replies";

/** What the weekly report shows, as its address has it: mails have links to its lists. */
export interface WeeklySearch {
  /** The number whose list is open. */
  list?: List | undefined;
  /** Of a number of a week: 1 for the last one that is over, which it is unless said, to 5. */
  week?: number | undefined;
  /** Only what is of this customer. */
  customer?: string | undefined;
  /** Of the replies, only those of this administrator. */
  person?: string | undefined;
}

/** The number of weeks that the report has. */
export const weekCount = 5;

// The most characters of an id, as the server has it.
const idMaximum = 100;

const isList = (value: unknown): value is List =>
  value === "replies" || (typeof value === "string" && Object.hasOwn(lists, value));

const id = (value: unknown) => (typeof value === "string" && value !== "" ? value.slice(0, idMaximum) : undefined);

/** Reads an address. What it cannot mean is undefined. */
export function readWeeklySearch({ list, week, customer, person }: Record<string, unknown>): WeeklySearch {
  return {
    list: isList(list) ? list : undefined,
    week: typeof week === "number" && Number.isInteger(week) && week > 1 && week <= weekCount ? week : undefined,
    customer: id(customer),
    person: id(person),
  };
}

/** A share in percent; null of nothing. */
export const percent = (part: number, whole: number) => (whole === 0 ? null : Math.round((100 * part) / whole));
