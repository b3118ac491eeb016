import { expect, test } from "vitest";
import { duration } from "./duration";

test.each([
  [0, "0 sec"],
  [59.4, "59 sec"],
  [60, "1 min"],
  [3_599, "1 hr"],
  [3_600, "1 hr"],
  [5_400, "1 hr 30 min"],
  [86_399, "1 day"],
  [86_400, "1 day"],
  [93_600, "1 day 2 hr"],
  [10 * 86_400 + 1_800, "10 days 1 hr"],
])("%d seconds are %s", (seconds, text) => {
  expect(duration(seconds, "en")).toBe(text);
});
