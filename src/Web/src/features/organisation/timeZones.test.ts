import { expect, test } from "vitest";
import { timeZones } from "./timeZones";

const winter = new Date("2026-01-15T12:00:00Z");

test("a time zone is called by its name and offset", () => {
  expect(timeZones("Europe/Berlin", winter)).toContainEqual({ value: "Europe/Berlin", label: "Europe/Berlin (GMT+1)" });
  expect(timeZones("Europe/Berlin", winter)).toContainEqual({ value: "America/New_York", label: "America/New York (GMT-5)" });
});

test("what is chosen is among the choices, once", () => {
  expect(timeZones("Europe/Kyiv", winter).filter(({ value }) => value === "Europe/Kyiv")).toHaveLength(1);
});
