import { Anchor } from "@mantine/core";
import { Fragment } from "react";

// Up to what ends a sentence: "see https://example.org/a." is a link without the full stop.
const address = /\bhttps?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}]/g;

/** What somebody wrote, as text. Addresses in it are links; nothing else in it means anything. */
export function PlainText({ text }: { text: string }) {
  const parts: { at: number; text: string; link: boolean }[] = [];
  let from = 0;
  for (const found of text.matchAll(address)) {
    parts.push({ at: from, text: text.slice(from, found.index), link: false }, { at: found.index, text: found[0], link: true });
    from = found.index + found[0].length;
  }
  parts.push({ at: from, text: text.slice(from), link: false });
  return parts.map((part) =>
    part.link ? (
      <Anchor key={`${part.at}`} href={part.text} target="_blank" rel="noopener noreferrer" inherit underline="always">
        {part.text}
      </Anchor>
    ) : (
      <Fragment key={`${part.at}.`}>{part.text}</Fragment>
    ),
  );
}
