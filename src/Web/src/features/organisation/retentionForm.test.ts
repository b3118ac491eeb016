import { expect, it } from "vitest";
import { yearsOf } from "./retentionForm";

it("takes whole years from 0 to 30 and nothing else", () => {
  expect(["0", " 10 ", "30"].map(yearsOf)).toEqual([0, 10, 30]);
  expect(["", "31", "-1", "1.5", "1e1", "zehn", "999"].map(yearsOf)).toEqual(Array<undefined>(7).fill(undefined));
});
