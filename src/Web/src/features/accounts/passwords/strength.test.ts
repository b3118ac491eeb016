import { expect, test } from "vitest";
import { strength } from "./strength";

test.each([
  ["Abc123!", "short"],
  ["aaaaaaaaaaaa", "weak"],
  ["12345678", "weak"],
  ["messaging-demo", "fair"],
  ["correct horse battery staple", "strong"],
])("%s is %s", (password, expected) => {
  expect(strength(password)).toBe(expected);
});

test("characters count, not how they are stored", () => {
  expect(strength("😀😀😀😀")).toBe("short");
});
