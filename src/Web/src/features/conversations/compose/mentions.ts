/** Somebody of the office, as they are mentioned. */
export interface Colleague {
  id: string;
  displayName: string;
}

/** What is being typed after an @, and where the @ is. */
export interface Typed {
  at: number;
  search: string;
}

/** The longest name that is looked for, in characters. */
const longestName = 100;

/** Not within a word, as in an address of e-mail. */
const beginsHere = (text: string, at: number) => at === 0 || /[\s([{"'„“«–—/]/u.test(text[at - 1] ?? "");
const endsHere = (text: string, at: number) => !/^[\p{L}\p{N}]/u.test(text.slice(at, at + 2));

/** What is typed of a name before the caret; undefined where no name is being typed. */
export function typedAt(text: string, caret: number): Typed | undefined {
  const from = Math.max(0, caret - longestName);
  const at = text.lastIndexOf("@", caret - 1);
  if (at < from || caret === 0 || !beginsHere(text, at)) return undefined;
  const search = text.slice(at + 1, caret);
  return /[\n@]/.test(search) ? undefined : { at, search };
}

/** Those whose name, or a part of it, begins as it is typed. */
export function matching<T extends Colleague>(colleagues: readonly T[], search: string): T[] {
  const typed = search.toLocaleLowerCase();
  return colleagues.filter(({ displayName }) => {
    const name = displayName.toLocaleLowerCase();
    return name.startsWith(typed) || name.split(/[\s-]+/).some((part) => part.startsWith(typed));
  });
}

/** A part of a text: plain, or the name of somebody who is mentioned. */
export interface Part<T> {
  at: number;
  text: string;
  mentioned?: T;
}

/** The parts of a text. Of names that begin alike the longest counts. */
export function partsWith<T extends Colleague>(text: string, colleagues: readonly T[]): Part<T>[] {
  const longestFirst = [...colleagues].sort((a, b) => b.displayName.length - a.displayName.length);
  const parts: Part<T>[] = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (at < from || !beginsHere(text, at)) continue;
    const mentioned = longestFirst.find(
      ({ displayName }) => text.startsWith(displayName, at + 1) && endsHere(text, at + 1 + displayName.length),
    );
    if (!mentioned) continue;
    const end = at + 1 + mentioned.displayName.length;
    if (at > from) parts.push({ at: from, text: text.slice(from, at) });
    parts.push({ at, text: text.slice(at, end), mentioned });
    from = end;
  }
  if (from < text.length) parts.push({ at: from, text: text.slice(from) });
  return parts;
}

/**
 * The ids of those whom a text mentions, each once.
 * @param chosen Those who were chosen while it was written: of several of one name it is them.
 */
export function mentionsIn(text: string, colleagues: readonly Colleague[], chosen: readonly string[]): string[] {
  const names = new Set(partsWith(text, colleagues).map(({ mentioned }) => mentioned?.displayName));
  return [...names].flatMap((name) => {
    const all = colleagues.filter(({ displayName }) => displayName === name).map(({ id }) => id);
    const those = all.filter((id) => chosen.includes(id));
    return those.length > 0 ? those : all;
  });
}
