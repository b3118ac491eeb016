import { expect, test } from "vitest";
import { shortTime } from "./instants";

const now = new Date(2026, 10, 25, 14, 30).getTime();
const minute = 60_000;
const said = (time: number, language = "de") => shortTime(time, now, language, "gerade eben", "Gestern");

test("what has just happened is said so", () => expect(said(now - 20_000)).toBe("gerade eben"));
test("within the hour it is how many minutes ago", () => expect(said(now - 5 * minute)).toBe("vor 5 Min."));
test("the same day it is the time", () => expect(said(new Date(2026, 10, 25, 9, 5).getTime())).toBe("09:05"));
test("yesterday is yesterday, even if less than a day ago", () =>
  expect(said(new Date(2026, 10, 24, 23, 50).getTime())).toBe("Gestern"));
test("within the week it is the day", () => expect(said(new Date(2026, 10, 22, 9, 5).getTime())).toBe("So"));
test("of another year it says the year", () => expect(said(new Date(2025, 10, 3).getTime(), "en")).toBe("Nov 3, 2025"));
