import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { PlainText, partsOf } from "./PlainText";

const show = (text: string) =>
  render(
    <MantineProvider>
      <p data-testid="text">
        <PlainText text={text} />
      </p>
    </MantineProvider>,
  );

test("what looks like HTML is text", () => {
  const { container } = show('<img src=x onerror="alert(1)"><script>alert(2)</script>');
  expect(container.querySelector("img, script")).toBeNull();
  expect(screen.getByTestId("text").textContent).toBe('<img src=x onerror="alert(1)"><script>alert(2)</script>');
});

test("an address is a link that tells nothing to whom it leads, without the full stop behind it", () => {
  const { container } = show("Siehe https://example.org/a?b=1. Und (http://example.org/c)!");
  const links = [...container.querySelectorAll("a")];
  expect(links.map((link) => link.getAttribute("href"))).toEqual(["https://example.org/a?b=1", "http://example.org/c"]);
  expect(links.every((link) => link.rel === "noopener noreferrer")).toBe(true);
  expect(screen.getAllByTestId("text").at(-1)?.textContent).toBe("Siehe https://example.org/a?b=1. Und (http://example.org/c)!");
});

test("only addresses of pages are links", () => {
  const { container } = show("javascript:alert(1) data:text/html,x file:///etc/passwd");
  expect(container.querySelector("a")).toBeNull();
});

test.each([
  ["https://de.wikipedia.org/wiki/Steuer_(Deutschland)", ["https://de.wikipedia.org/wiki/Steuer_(Deutschland)"]],
  ["(siehe https://de.wikipedia.org/wiki/Steuer_(Deutschland)).", ["https://de.wikipedia.org/wiki/Steuer_(Deutschland)"]],
  [
    "(https://example.org/a), [https://example.org/b] „https://example.org/c“",
    ["https://example.org/a", "https://example.org/b", "https://example.org/c"],
  ],
  ["www.elster.de/eportal. Und WWW.Example.org!", ["https://www.elster.de/eportal", "https://WWW.Example.org"]],
  [
    "an anna.sommer+x@kanzlei-sommer.example, oder jörg@müller.de.",
    ["mailto:anna.sommer+x@kanzlei-sommer.example", "mailto:jörg@müller.de"],
  ],
  ["Tel. 040 / 123 45-67, +49 (0)40 1234567 oder (030) 12 34 56 7", ["tel:0401234567", "tel:+49401234567", "tel:0301234567"]],
  ["am 01.02.2026, 01/02/2026, 05.11.2026 14:30", []],
  ["Steuernummer 02/815/08156, IdNr. 02 476 291 358, IBAN DE02 1203 0000 0000 2020 51", []],
  ["0,5 %, 1.000.000 €, Rechnung 2026-0001, 0.8.15, 12345678", []],
  ["http:// www. @ a@b +49 '@x.example", []],
  [
    "https://fr.wikipedia.org/wiki/L'Équipe, 'https://example.org/a' `www.example.org`",
    ["https://fr.wikipedia.org/wiki/L'Équipe", "https://example.org/a", "https://www.example.org"],
  ],
  ["見て https://example.org/日本。次（https://example.org/b）", ["https://example.org/日本", "https://example.org/b"]],
  [
    "an o'neill@office.example oder 'anna@office.example', <b&s@office.example>",
    ["mailto:o'neill@office.example", "mailto:anna@office.example", "mailto:b&s@office.example"],
  ],
  // Whoever that is, it is not neill@office.example.
  ["an o’neill@office.example", []],
  ["Tel. 040\u00A0123\u202F45\u00A067, 040–1234567, Ziffer 5\u00A0040 123 4567", ["tel:0401234567", "tel:0401234567"]],
  ["Steuernummer 005/8150/8159, von 0800–1200", []],
])("links of %s", (text, links) => {
  expect(partsOf(text).flatMap(({ href }) => href ?? [])).toEqual(links);
  expect(
    partsOf(text)
      .map((part) => part.text)
      .join(""),
  ).toBe(text);
});

test("accents by the dozen cover no other lines", () => {
  show(`a${"\u0301\u0323".repeat(10_000)}b é ế`);
  expect(screen.getAllByTestId("text").at(-1)?.textContent).toBe(`a${"\u0301\u0323".repeat(4)}b é ế`);
});

test("a text of nothing but addresses has some links, and all of its text", () => {
  const text = "http://a.example ".repeat(1_100);
  const parts = partsOf(text);
  expect(parts.filter(({ href }) => href)).toHaveLength(100);
  expect(parts.map((part) => part.text).join("")).toBe(text);
});

test("a long text without a space is read in no time", () => {
  // Twenty times as long as a comment may be: looked at again from each place it would take minutes.
  const began = performance.now();
  const pieces = [
    "a",
    "a.",
    "0",
    "(0",
    "www.",
    "a@",
    "+1",
    "https://)",
    "http://",
    "http://.",
    "http://...... ",
    "h",
    ")",
    "\u0301\u0323",
  ];
  for (const piece of pieces) partsOf(piece.repeat(400_000 / piece.length));
  for (const piece of [")", "(", "()", ".)", "]"]) partsOf(`https://a${piece.repeat(400_000 / piece.length)}`);
  expect(performance.now() - began).toBeLessThan(10_000);
});
