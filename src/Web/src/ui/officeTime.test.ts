import { expect, test } from "vitest";
import { lastDay, startOfDay, timeIn } from "./officeTime";

test("a time is the office's, with its offset, wherever it is read", () => {
  expect(timeIn("Europe/Berlin", "de", "2026-03-01T09:30:05Z")).toBe("01.03.2026, 10:30:05 UTC+1");
  expect(timeIn("Europe/Berlin", "de", "2026-07-01T09:30:05Z")).toBe("01.07.2026, 11:30:05 UTC+2");
  expect(timeIn("America/New_York", "en", "2026-03-01T09:30:05Z")).toContain("4:30:05");
  expect(timeIn("Asia/Kolkata", "de", "2026-03-01T09:30:05Z")).toBe("01.03.2026, 15:00:05 UTC+5:30");
});

test("the hour that the clocks have twice is told apart", () => {
  const [first, second] = ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"].map((at) => timeIn("Europe/Berlin", "de", at));
  expect(first).toBe("25.10.2026, 02:30:00 UTC+2");
  expect(second).toBe("25.10.2026, 02:30:00 UTC+1");
});

test("what ends as a day begins has the day before as its last, also where the clocks change", () => {
  expect(startOfDay("2026-10-25", "Europe/Berlin", 1)).toBe("2026-10-25T23:00:00.000Z");
  expect(lastDay("2026-10-25T23:00:00.000Z", "Europe/Berlin")).toBe("2026-10-25");
  expect(lastDay("2026-10-25T23:00:00.001Z", "Europe/Berlin")).toBe("2026-10-26");
});
