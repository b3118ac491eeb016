/** The most characters that are looked for, as the server has it. */
export const searchMaximum = 200;

/** The words that an address searches for, as far as the server takes them; undefined when there are none. */
export const searched = (value: unknown) =>
  typeof value === "string" || typeof value === "number"
    ? // By characters, not by their halves.
      [...String(value).trim()].slice(0, searchMaximum).join("").trim() || undefined
    : undefined;
