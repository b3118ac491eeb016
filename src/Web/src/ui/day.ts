import i18n from "i18next";

/** A day such as 2026-12-31 in the reader's language; it has no zone. */
export const day = (date: string) =>
  new Date(`${date}T00:00:00Z`).toLocaleDateString(i18n.language, { dateStyle: "medium", timeZone: "UTC" });
