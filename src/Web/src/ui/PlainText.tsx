import { Anchor } from "@mantine/core";
import { Fragment } from "react";

/**
 * Candidates for links: addresses of pages, with or without their scheme; of e-mail; and telephone numbers. No part of a word stands before one, so
 * that a text of any length is read once.
 */
const candidate = new RegExp(
  [
    String.raw`(?<page>\b(?:https?:\/\/|www\.)[^\s<>"„“”«»、。，；：！？（）「」『』【】《》]+)`,
    String.raw`(?<mail>(?<![\p{L}\p{N}._%+\-&'’])[\p{L}\p{N}._%+\-&'’]{1,64}@(?:[\p{L}\p{N}\-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}]))`,
    String.raw`(?<phone>(?<![\p{L}\p{N}.,\-\/+])(?<!\d[ \u00A0\u202F])(?:\+\d|\(?0)[\d \u00A0\u202F\/().\-–]{4,22}\d(?![\p{L}\p{N}]))`,
  ].join("|"),
  "giu",
);

const opening: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Up to where a page's address goes: what ends a sentence is not of it, nor a bracket that was opened before it. Each character is looked at once. */
function pageIn(text: string): string {
  const brackets = new Map<string, number>();
  for (const character of text) if (/[([{)\]}]/.test(character)) brackets.set(character, (brackets.get(character) ?? 0) + 1);
  for (let end = text.length; end > 0; end--) {
    const last = text[end - 1] ?? "";
    const open = opening[last];
    if (open) {
      const closed = brackets.get(last) ?? 0;
      if ((brackets.get(open) ?? 0) >= closed) return text.slice(0, end);
      brackets.set(last, closed - 1);
    } else if (!/[.,;:!?…'’`*_|]/u.test(last)) return text.slice(0, end);
  }
  return "";
}

/** An address of e-mail, without the quotation mark or full stop before it. With a typographic apostrophe it is none, nor is what follows that. */
function mailIn(text: string): string {
  const address = text.replace(/^[.'’]+/, "");
  return /’|^@/.test(address) ? "" : address;
}

/** A number is called when it is written as telephone numbers are: not dates, and not the numbers that the tax office gives. */
function phoneIn(written: string): string | undefined {
  const text = written.replace(/[\u00A0\u202F]/g, " ");
  const digits = text.replace(/\D/g, "");
  if (digits.length < (text.startsWith("+") ? 8 : 7) || digits.length > 15) return undefined;
  const other = [
    // 01.02.2026, 01/02/2026, 01-02-26
    /^\d{1,2}([./-])\d{1,2}\1\d{2,4}/,
    // 02/815/08156 and 005/8150/8159, tax numbers
    /^\d{2,3}\/\d{3,4}\/\d{4,5}$/,
    // 0800–1200, hours
    /^\d{4}–\d{4}$/,
    // 02 476 291 358, a person's for good
    /^\d{2} \d{3} \d{3} \d{3}$/,
  ];
  if (other.some((form) => form.test(text))) return undefined;
  // With dots it is an amount or a date, unless it says from which country.
  if (text.includes(".") && !text.startsWith("+")) return undefined;
  return `tel:${text.replace(/\(0\)/g, "").replace(/[^\d+]/g, "")}`;
}

/** The most links in a text: each is an element, and a text of nothing but addresses would have thousands. */
const mostLinks = 100;

// Of accents by the dozen, which would cover the lines around: more than these no language has.
const accents = /(\p{M}{8})\p{M}+/gu;

interface Part {
  at: number;
  text: string;
  href?: string | undefined;
}

/** The parts of a text: plain, and those that are links. */
export function partsOf(given: string): Part[] {
  const text = given.replace(accents, "$1");
  const parts: Part[] = [];
  let from = 0;
  for (const found of text.matchAll(candidate)) {
    if (parts.length >= 2 * mostLinks) break;
    const { page, mail, phone } = found.groups as { page?: string; mail?: string; phone?: string };
    const shown = page ? pageIn(page) : mail ? mailIn(mail) : (phone ?? "");
    const href = page
      ? shown.length > (/^www\./i.test(shown) ? 6 : 8)
        ? /^www\./i.test(shown)
          ? `https://${shown}`
          : shown
        : undefined
      : mail
        ? shown && `mailto:${shown}`
        : phoneIn(shown);
    if (!href) continue;
    const at = mail ? found.index + mail.length - shown.length : found.index;
    parts.push({ at: from, text: text.slice(from, at) }, { at, text: shown, href });
    from = at + shown.length;
  }
  parts.push({ at: from, text: text.slice(from) });
  return parts.filter((part) => part.text);
}

/** A text by somebody, shown as text. Addresses and telephone numbers in it are links; nothing else in it means anything. */
export function PlainText({ text }: { text: string }) {
  return partsOf(text).map(({ at, text: shown, href }) =>
    href ? (
      <Anchor
        key={`${at}`}
        href={href}
        {...(href.startsWith("http") && { target: "_blank", rel: "noopener noreferrer" })}
        inherit
        underline="always"
      >
        {shown}
      </Anchor>
    ) : (
      <Fragment key={`${at}.`}>{shown}</Fragment>
    ),
  );
}
