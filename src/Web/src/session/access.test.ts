import { expect, test } from "vitest";
import { type Area, isKeptFrom, mayEnter } from "./access";

const areas: readonly Area[] = [
  "day",
  "overview",
  "history",
  "past",
  "customers",
  "import",
  "administrators",
  "deliveries",
  "settings",
  "log",
];

test("an auditor reads everything that an administrator does, and the log", () => {
  const auditor = { role: "AUDITOR", isNarrow: false } as const;
  expect(areas.filter((area) => !mayEnter(auditor, area))).toEqual(["day", "import"]);
  expect(areas.filter((area) => isKeptFrom(auditor, area))).toEqual([]);
});

test("what is kept from an auditor who sees a part only is told from what is not for their role", () => {
  const narrow = { role: "AUDITOR", isNarrow: true } as const;
  expect(areas.filter((area) => mayEnter(narrow, area))).toEqual(["history", "customers", "administrators", "settings"]);
  expect(areas.filter((area) => isKeptFrom(narrow, area))).toEqual(["overview", "past", "deliveries", "log"]);
});

test("administrators of some customers are kept from bringing others, which is for no auditor at all", () => {
  const limited = { role: "ADMINISTRATOR", isOwner: false, isLimited: true } as const;
  expect(areas.filter((area) => isKeptFrom(limited, area))).toEqual(["import"]);
  expect(areas.filter((area) => isKeptFrom({ role: "AUDITOR", isLimited: true }, area))).toEqual([]);
});

test("the log is for owners, not for other administrators", () => {
  expect(mayEnter({ role: "ADMINISTRATOR", isOwner: true }, "log")).toBe(true);
  expect(mayEnter({ role: "ADMINISTRATOR", isOwner: false }, "log")).toBe(false);
});

test("customers enter nothing of the office", () => {
  expect(areas.filter((area) => mayEnter({ role: "CUSTOMER" }, area))).toEqual([]);
});
