/** The fewest and the most characters of a password. */
export const passwordLength = { least: 8, most: 200 } as const;

/** A password's strength, by its length and its different characters: a hint, nothing more. */
export function strength(password: string): "short" | "weak" | "fair" | "strong" {
  const characters = [...password];
  if (characters.length < passwordLength.least) return "short";
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  const score = Math.min(new Set(characters).size, characters.length) + 2 * (kinds - 1) + characters.length / 4;
  if (score < 12) return "weak";
  return score < 18 ? "fair" : "strong";
}
