import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { PlainText } from "./PlainText";

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
