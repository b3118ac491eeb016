import { expect, test } from "vitest";
import { withCount } from "./tabTitle";

test("the number of unread notifications stands in front of the title", () => {
  expect(withCount("Profil · Nachrichten", 3)).toBe("(3) Profil · Nachrichten");
});

test("a number that stands there already is replaced", () => {
  expect(withCount("(3) Profil · Nachrichten", 4)).toBe("(4) Profil · Nachrichten");
});

test("without unread ones there is no number", () => {
  expect(withCount("(3) Profil · Nachrichten", 0)).toBe("Profil · Nachrichten");
});
