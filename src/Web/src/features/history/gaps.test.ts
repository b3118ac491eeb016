import { expect, test } from "vitest";
import { gapBefore } from "./gaps";

test("a version that is missing is a gap, and nothing else is", () => {
  const events = [1, 2, 4, 7].map((version) => ({ version }));
  expect(events.map((_, i) => gapBefore(events, i))).toEqual([
    undefined,
    undefined,
    { from: 3, to: 3, count: 1 },
    { from: 5, to: 6, count: 2 },
  ]);
  expect(gapBefore([{ version: 3 }], 0)).toEqual({ from: 1, to: 2, count: 2 });
});
