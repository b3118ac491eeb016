/** The ranges of time that the backlog can show. */
export const ranges = ["week", "month", "quarter", "year"] as const;
export type Range = (typeof ranges)[number];

/** The length of a range's parts. */
export const intervals = { week: "DAY", month: "DAY", quarter: "WEEK", year: "MONTH" } as const satisfies Record<Range, string>;
