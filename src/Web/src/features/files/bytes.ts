const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A file's size as people say it: "812 Byte", "1,4 MB". */
export function sizeText(bytes: number, language: string) {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const format = { style: "unit", unit: units[power]!, maximumFractionDigits: power > 1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language, { ...format, unitDisplay: power === 0 ? "long" : "short" }).format(
    bytes / 1000 ** power,
  );
}
