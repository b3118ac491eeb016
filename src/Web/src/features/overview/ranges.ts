/** How far back the backlog is shown. */
export const ranges = ["week", "month", "quarter", "year"] as const;
export type Range = (typeof ranges)[number];
