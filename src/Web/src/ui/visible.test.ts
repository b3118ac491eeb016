import { expect, test } from "vitest";
import { isVisible } from "./visible";

test("what nobody sees is nothing, however much of it there is", () => {
  for (const nothing of [
    "",
    " \n",
    "\u200b",
    "\u00ad",
    "\ufeff",
    "\u2060",
    "\u3164",
    "\u2800",
    "\u180e",
    "\u0301\u0323",
    "\ufe0f",
    "\u{e0041}",
    "\u202e",
    "\u115f\u1160",
    "\u3000",
  ])
    expect(isVisible(nothing.repeat(3)), nothing).toBe(false);
});

test("what somebody sees is something", () => {
  for (const something of ["a", "é", "e\u0301", ".", "-", "§", "€", "😀", "👨\u200d👩", "中", "한", "ש", "\u200ba"])
    expect(isVisible(something), something).toBe(true);
});
