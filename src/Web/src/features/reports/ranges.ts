/** How far back the backlog is shown. */
export const ranges = ["week", "month", "quarter", "year"] as const;
export type Range = (typeof ranges)[number];

/** How long the parts of a range are. */
export const intervals = { week: "DAY", month: "DAY", quarter: "WEEK", year: "MONTH" } as const satisfies Record<Range, string>;
