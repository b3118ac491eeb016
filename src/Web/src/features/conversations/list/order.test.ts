import { expect, test } from "vitest";
import type { ConversationRowFragment } from "../../../gql/graphql";
import { inOrder, sortable } from "./order";

const row = (id: string, updatedAt: string) => ({ id, updatedAt, createdAt: "2026-01-01T00:00:00Z" }) as ConversationRowFragment;

test("instants of different precision sort as they happened", () => {
  const instants = ["2026-11-25T02:00:00.5Z", "2026-11-25T02:00:00Z", "2026-11-25T02:00:00.123456Z"];
  expect([...instants].sort((a, b) => (sortable(a) < sortable(b) ? -1 : 1))).toEqual([instants[1], instants[2], instants[0]]);
});

test("the last changed comes first, and a conversation on two pages comes once", () => {
  const rows = [row("a", "2026-11-25T02:00:00Z"), row("b", "2026-11-25T03:00:00Z"), row("a", "2026-11-25T02:00:00Z")];
  expect(inOrder(rows, { field: "UPDATED_AT", direction: "DESC" }).map(({ id }) => id)).toEqual(["b", "a"]);
  expect(inOrder(rows, { field: "UPDATED_AT", direction: "ASC" }).map(({ id }) => id)).toEqual(["a", "b"]);
});

test("conversations of the same instant keep one order, up and down", () => {
  const rows = [row("b", "2026-11-25T02:00:00Z"), row("a", "2026-11-25T02:00:00Z")];
  expect(inOrder(rows, { field: "CREATED_AT", direction: "ASC" }).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(inOrder(rows, { field: "CREATED_AT", direction: "DESC" }).map(({ id }) => id)).toEqual(["b", "a"]);
});
