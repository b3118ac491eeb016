import { expect, test } from "vitest";
import { inField, ofField } from "./instants";
import { readWorkSearch } from "./work";

test("an address that cannot be meant shows now, by persons", () => {
  expect(readWorkSearch({ at: "gestern", by: "x", list: "toString", person: "", customer: 3 })).toEqual({});
  expect(readWorkSearch({ at: "2026-03-02T09:00:00+01:00", by: "customer", list: "awaiting", person: "none" })).toEqual({
    at: "2026-03-02T08:00:00.000Z",
    by: "customer",
    list: "awaiting",
    person: "none",
  });
});

test("the field has the clock of the office, in summer and in winter", () => {
  expect(inField("2026-07-01T10:00:00Z", "Europe/Berlin")).toBe("2026-07-01T12:00");
  expect(ofField("2026-07-01T12:00", "Europe/Berlin")).toBe("2026-07-01T10:00:00.000Z");
  expect(ofField("2026-12-01T12:00", "Europe/Berlin")).toBe("2026-12-01T11:00:00.000Z");
  expect(ofField("", "Europe/Berlin")).toBeUndefined();
});
