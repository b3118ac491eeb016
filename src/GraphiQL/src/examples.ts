import { texts } from "./texts";

/** An operation to start from: a file of the folder examples. */
export interface Example {
  title: string;
  document: string;
  variables: string;
}

// A file begins with its titles, "# de: …" and "# en: …"; what follows "# variables: " is filled in beside it.
const files = import.meta.glob<string>("../examples/*.graphql", { query: "?raw", import: "default", eager: true });

export const examples: Example[] = Object.keys(files).sort().map((name) => {
  const text = files[name]!;
  const line = (key: string) => text.match(new RegExp(`^# ${key}: (.*)$`, "m"))?.[1] ?? "";
  return {
    title: line(texts.language),
    document: text.replace(/^# (de|en|variables): .*\n/gm, "").trim(),
    variables: line("variables") && JSON.stringify(JSON.parse(line("variables")), null, 2),
  };
});
