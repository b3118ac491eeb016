import { expect, test } from "vitest";
import type { PastConversationFragment } from "../../gql/pages/graphql";
import { changes } from "./changes";
import { readHistorySearch } from "./search";

const comment = (id: string) => ({
  id,
  body: "Anbei.",
  excerpt: "Anbei.",
  createdAt: "2026-03-01T09:30:00Z",
  visibility: "PUBLIC" as const,
  author: { __typename: "Contact" as const, id: "d", displayName: "Dieter Krause" },
  files: [],
});
const before: PastConversationFragment = {
  version: 3,
  status: "ATTENTION",
  awaiting: "CUSTOMER",
  notifyAllAdministrators: false,
  commentCount: 1,
  responsibleAdministrator: { id: "a", displayName: "Anna Sommer" },
  comments: { nodes: [comment("1")] },
};

test("a comment that was not there before is new", () => {
  const now = { ...before, version: 4, comments: { nodes: [comment("1"), comment("2")] } };
  expect(changes(now, before)).toEqual({
    status: false,
    awaiting: false,
    responsible: false,
    notifyAll: false,
    comments: new Set(["2"]),
  });
});

test("a comment is the same one in every version", () => {
  const then = { ...before, comments: { nodes: [comment("1@3")] } };
  const now = { ...before, version: 4, comments: { nodes: [comment("1@4"), comment("2@4")] } };
  expect(changes(now, then).comments).toEqual(new Set(["2@4"]));
});

test("whoever is responsible is the same one at every instant", () => {
  const at = (id: string) => ({ ...before, responsibleAdministrator: { id, displayName: "Anna Sommer" } });
  expect(changes(at("a@2026-03-02T09:00:00.000000Z"), at("a@2026-03-01T09:00:00.000000Z")).responsible).toBe(false);
  expect(changes(at("b@2026-03-02T09:00:00.000000Z"), at("a@2026-03-01T09:00:00.000000Z")).responsible).toBe(true);
});

test("another status and nobody responsible any more are changes", () => {
  const now = { ...before, version: 4, status: "OPEN" as const, responsibleAdministrator: null };
  expect(changes(now, before)).toMatchObject({ status: true, responsible: true, notifyAll: false });
});

test("before the first event there was nothing that could have changed", () => {
  expect(changes(before, null)).toMatchObject({ status: false, responsible: false, comments: new Set(["1"]) });
});

test("an address says one moment, and none that cannot be", () => {
  expect(readHistorySearch({ version: 4 })).toEqual({ version: 4 });
  expect(readHistorySearch({ at: "2026-03-01T09:30:00Z" })).toEqual({ at: "2026-03-01T09:30:00Z" });
  expect(readHistorySearch({ version: -1 })).toEqual({});
  expect(readHistorySearch({ version: 1.5, at: "then" })).toEqual({});
});
