import { expect, test } from "vitest";
import { choose, kindsOf } from "./kinds";

test("what is chosen is there once, what is not chosen any more goes, and the rest stays", () => {
  expect(choose(["STATUS_CHANGED"], "ASSIGNED", true)).toEqual(["STATUS_CHANGED", "ASSIGNED"]);
  expect(choose(["ASSIGNED"], "ASSIGNED", true)).toEqual(["ASSIGNED"]);
  expect(choose(["STATUS_CHANGED", "ASSIGNED"], "ASSIGNED", false)).toEqual(["STATUS_CHANGED"]);
});

test("customers do not choose what only the office is told of", () => {
  expect(kindsOf("CUSTOMER")).not.toContain("ASSIGNED");
  expect(kindsOf("ADMINISTRATOR")).toContain("ASSIGNED");
});
