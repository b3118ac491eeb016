import { expect, test } from "vitest";
import { percent, readWeeklySearch } from "./weekly";

const nothing = { list: undefined, week: undefined, customer: undefined, person: undefined };

test("an address says which list is open, and what it cannot mean says nothing", () => {
  expect(readWeeklySearch({ list: "written", week: 3, customer: "k" })).toEqual({
    ...nothing,
    list: "written",
    week: 3,
    customer: "k",
  });
  expect(readWeeklySearch({ list: "replies", person: "p" })).toEqual({ ...nothing, list: "replies", person: "p" });
  for (const list of ["toString", "", 7, null, ["written"]]) expect(readWeeklySearch({ list })).toEqual(nothing);
  for (const week of [0, 1, 6, 2.5, -1, "2", Number.NaN]) expect(readWeeklySearch({ week })).toEqual(nothing);
  expect(readWeeklySearch({ customer: "x".repeat(500) }).customer).toHaveLength(100);
});

test("a share of nothing is none", () => {
  expect([percent(0, 0), percent(0, 3), percent(2, 3), percent(3, 3)]).toEqual([null, 0, 67, 100]);
});
