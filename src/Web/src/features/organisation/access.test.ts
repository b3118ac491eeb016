import { expect, test } from "vitest";
import { type Access, chosenOf, givenOf, limits, scopeOf, unlimited } from "./access";

const zone = "Europe/Berlin";

test("days are those of the office, the last ones included", () => {
  const chosen = { ...chosenOf(unlimited, zone), from: "2026-01-01", to: "2026-12-31", until: "2027-03-31", notes: false };
  expect(scopeOf(chosen, unlimited, zone)).toEqual({
    from: "2025-12-31T23:00:00.000Z",
    to: "2026-12-31T23:00:00.000Z",
    until: "2027-03-31T22:00:00.000Z",
    notes: false,
  });
});

test("what was not touched stays as exact as it was given, and what was emptied goes", () => {
  const before: Access = { ...unlimited, from: "2026-01-01T11:22:33.456789Z", until: "2027-01-01T09:08:07Z" };
  const shown = chosenOf(before, zone);
  expect(shown).toMatchObject({ from: "2026-01-01", to: "", until: "2027-01-01" });
  expect(scopeOf({ ...shown, until: "" }, before, zone)).toEqual({
    from: "2026-01-01T11:22:33.456789Z",
    to: null,
    until: null,
    notes: true,
  });
});

test("only what limits somebody is a limit", () => {
  expect(limits(scopeOf(chosenOf(unlimited, zone), unlimited, zone))).toBe(false);
  expect(limits({ notes: false })).toBe(true);
  expect(limits({ notes: true, to: "2026-12-31T23:00:00Z" })).toBe(true);
});

test("all customers are all, whatever was chosen before; some may be none", () => {
  const krause = { id: "1", name: "Bäckerei Krause" };
  const some = { ...chosenOf(unlimited, zone), customers: [krause], tags: ["Lohn"] };
  expect(givenOf(some)).toEqual({ all: true });
  expect(givenOf({ ...some, all: false })).toEqual({ all: false, customerIds: ["1"], tags: ["Lohn"] });
  expect(givenOf({ ...chosenOf(unlimited, zone), all: false })).toEqual({ all: false, customerIds: [], tags: [] });
});
