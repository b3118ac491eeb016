import { expect, test } from "vitest";
import { days, instants, label, monthAgo, perRequest } from "./instants";
import { ranges } from "./ranges";

const now = new Date("2026-03-31T09:30:00Z");

test.each(ranges)("%s: instants fill whole requests, go forward and end now", (range) => {
  const at = instants(range, "Europe/Berlin", now);
  expect(at.length % perRequest).toBe(0);
  expect(at.toSorted()).toEqual(at);
  expect(new Set(at).size).toBe(at.length);
  expect(at.at(-1)).toBe(now.toISOString());
});

test("days end at midnight of the organisation, also when the clocks change", () => {
  const at = instants("week", "Europe/Berlin", now);
  // On 29 March 2026 summer time begins in Berlin.
  expect(at.slice(-4)).toEqual([
    "2026-03-28T23:00:00.000Z",
    "2026-03-29T22:00:00.000Z",
    "2026-03-30T22:00:00.000Z",
    now.toISOString(),
  ]);
});

test("what ends at midnight is called by the day that has ended", () => {
  expect(label("week", "2026-03-30T22:00:00.000Z", "Europe/Berlin", "de")).toBe("30. März");
  expect(label("year", "2026-02-28T23:00:00.000Z", "Europe/Berlin", "en")).toBe("Feb 26");
});

test("a range is told by its first and last day in the time zone", () => {
  expect(days("week", "Europe/Berlin", new Date("2026-03-31T22:30:00Z"))).toEqual({ from: "2026-03-24", to: "2026-04-01" });
});

test("a month is that of the office, in the language of the reader", () => {
  const now = new Date("2026-12-31T23:30:00Z");
  expect(monthAgo(0, "Europe/Berlin", "de", now)).toBe("Januar 2027");
  expect(monthAgo(1, "Europe/Berlin", "de", now)).toBe("Dezember 2026");
  expect(monthAgo(0, "UTC", "en", now)).toBe("December 2026");
  expect(monthAgo(21, "Europe/Berlin", "en", now)).toBe("April 2025");
});
