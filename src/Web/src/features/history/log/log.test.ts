import { expect, test } from "vitest";
import { startOfDay } from "../../../ui/officeTime";
import { readLogSearch } from "./search";

test("a day begins at midnight by the office's clocks, also when they change", () => {
  expect(startOfDay("2026-01-15", "Europe/Berlin")).toBe("2026-01-14T23:00:00.000Z");
  expect(startOfDay("2026-03-29", "Europe/Berlin")).toBe("2026-03-28T23:00:00.000Z");
  expect(startOfDay("2026-03-29", "Europe/Berlin", 1)).toBe("2026-03-29T22:00:00.000Z");
  expect(startOfDay("2026-10-25", "Europe/Berlin")).toBe("2026-10-24T22:00:00.000Z");
  expect(startOfDay("2026-10-25", "Europe/Berlin", 1)).toBe("2026-10-25T23:00:00.000Z");
  expect(startOfDay("2026-12-31", "America/New_York", 1)).toBe("2027-01-01T05:00:00.000Z");
});

test("an address says what the log shows, and what it cannot mean is nothing", () => {
  expect(readLogSearch({ kind: "settings", from: "2026-02-01", to: "2026-02-28", actor: "a".repeat(500) })).toEqual({
    kind: "settings",
    customer: undefined,
    actor: "a".repeat(100),
    subject: undefined,
    correlation: undefined,
    from: "2026-02-01",
    to: "2026-02-28",
  });
  expect(Object.values(readLogSearch({ kind: "toString", from: "gestern", to: 7, customer: "" })).filter(Boolean)).toEqual([]);
  expect(readLogSearch({ from: "2026-02-02", to: "2026-02-01" }).to).toBeUndefined();
});
