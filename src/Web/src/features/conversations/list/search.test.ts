import { expect, test } from "vitest";
import { filterOf, orderOf, readListSearch } from "./search";

test("an address that says nothing lists everything, the last changed first", () => {
  expect(filterOf(readListSearch({}))).toEqual({});
  expect(orderOf(readListSearch({}))).toEqual({ field: "UPDATED_AT", direction: "DESC" });
});

test("everything that can be filtered by is in the address", () => {
  const search = readListSearch({
    status: "attention",
    awaiting: "office",
    customer: "c1",
    responsible: "a1",
    unread: true,
    q: " Beleg ",
    order: "created-oldest",
  });
  expect(filterOf(search)).toEqual({
    status: ["ATTENTION"],
    awaiting: "OFFICE",
    customerId: "c1",
    responsibleAdministratorId: "a1",
    unread: true,
    search: "Beleg",
  });
  expect(orderOf(search)).toEqual({ field: "CREATED_AT", direction: "ASC" });
});

test("who has waited the longest is asked of those who wait", () => {
  expect(orderOf(readListSearch({ order: "waiting", awaiting: "office" }))).toEqual({
    field: "AWAITING_SINCE",
    direction: "ASC",
  });
  expect(orderOf(readListSearch({ order: "waiting" }))).toEqual({ field: "UPDATED_AT", direction: "ASC" });
});

test("nobody in particular is a responsible administrator one can ask for", () => {
  expect(filterOf(readListSearch({ responsible: "none" }))).toEqual({ unassigned: true });
});

test("what an address cannot mean is left out", () => {
  expect(readListSearch({ status: "done", awaiting: 7, unread: "yes", q: "", order: "sideways", other: 1 })).toEqual({});
});

test("what only the office filters by is left out of what a customer asks for", () => {
  const search = { responsible: "none", tag: "Lohn", unread: true };
  expect(filterOf(readListSearch(search, "ADMINISTRATOR"))).toEqual({ unassigned: true, tag: "Lohn", unread: true });
  expect(filterOf(readListSearch(search, "CUSTOMER"))).toEqual({ unread: true });
});

test("a search for a number stays a text", () => {
  expect(readListSearch({ q: 2026 })).toEqual({ q: "2026" });
});

test("what is looked for is as long as the server takes it, and no half of a character", () => {
  expect(readListSearch({ q: "a".repeat(300) }).q).toHaveLength(200);
  expect(readListSearch({ q: "😀".repeat(300) }).q).toBe("😀".repeat(200));
  expect(readListSearch({ customer: "c".repeat(300) }).customer).toHaveLength(100);
});
