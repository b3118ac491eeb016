import { expect, test } from "vitest";
import { readUndeliveredSearch } from "./undelivered";

test("an address names a cell of the months that are shown, and what cannot be meant is left out", () => {
  expect(readUndeliveredSearch({ months: 12, responsible: "none", customer: "k", month: 11 })).toEqual({
    months: 12,
    responsible: "none",
    customer: "k",
    month: 11,
  });
  expect(readUndeliveredSearch({ month: "earlier" }).month).toBe("earlier");
  for (const month of [6, -1, 1.5, "1", null]) expect(readUndeliveredSearch({ month }).month).toBeUndefined();
  expect(readUndeliveredSearch({ months: 7, responsible: "", customer: 5 })).toEqual({});
});
