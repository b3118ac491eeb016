import { expect, it } from "vitest";
import { problemOf, today } from "./calendarForm";

const friday = { day: "FRIDAY", opens: "08:00", closes: "13:30" } as const;

it("names what the server would refuse", () => {
  expect(problemOf([friday], ["2026-12-25"])).toBeUndefined();
  expect(problemOf([{ ...friday, closes: "24:00" }], [])).toBeUndefined();
  expect(problemOf([], [])).toBe("none");
  expect(problemOf([{ ...friday, opens: "8" }], [])).toBe("time");
  expect(problemOf([{ ...friday, opens: "14:00" }], [])).toBe("order");
  expect(problemOf([friday], ["2026-12-27"])).toBe("closed");
});

it("knows the day in the office's time zone", () => {
  expect(today("Europe/Berlin", new Date("2026-12-31T23:30:00Z"))).toBe("2027-01-01");
});
