import { cacheExchange } from "@urql/exchange-graphcache";
import { Client, type Exchange, makeOperation, type Operation, type OperationResult } from "urql";
import { afterEach, expect, test } from "vitest";
import { filter, fromPromise, makeSubject, merge, mergeMap, pipe, tap } from "wonka";
import { cacheOf } from "../../../api/cache";
import { conversationUpdates } from "../cache";
import { ConversationList } from "./ConversationList";

const person = { __typename: "Administrator", id: "a", displayName: "Anna Sommer" };

const row = (number: number, updatedAt: string) => ({
  __typename: "Conversation",
  id: `c${number}`,
  version: 1,
  subject: `Gespräch ${number}`,
  status: "OPEN",
  awaiting: "NOBODY",
  awaitingSince: null,
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt,
  commentCount: 1,
  unreadCommentCount: 0,
  customer: { __typename: "Customer", id: "k", name: "Bäckerei Krause GmbH" },
  responsibleAdministrator: null,
  lastComment: {
    __typename: "Comment",
    id: `m${number}`,
    excerpt: "Anbei.",
    createdAt: updatedAt,
    visibility: "PUBLIC",
    author: person,
  },
});

/** The office's server, as far as a list needs one: pages of so many conversations, and live updates. */
function office(conversations: number) {
  const all = Array.from({ length: conversations }, (_, index) =>
    row(index, new Date(Date.UTC(2026, 10, 25) - index * 60_000).toISOString()),
  );
  const live = makeSubject<OperationResult>();
  let subscription: Operation | undefined;
  const answer = async (operation: Operation) => {
    const { first, after } = operation.variables as { first: number; after?: string };
    const from = after ? Number(after) : 0;
    const page = all.slice(from, from + first);
    return {
      operation,
      data: {
        __typename: "Query",
        conversations: {
          __typename: "ConversationConnection",
          nodes: page,
          pageInfo: { __typename: "PageInfo", endCursor: `${from + page.length}`, hasNextPage: from + page.length < all.length },
        },
      },
      stale: false,
      hasNext: false,
    };
  };
  const server: Exchange = () => (operations) =>
    merge([
      pipe(
        operations,
        filter(({ kind }) => kind === "query"),
        mergeMap((operation) => fromPromise(answer(operation))),
      ),
      pipe(
        operations,
        tap((operation) => {
          if (operation.kind === "subscription") subscription = operation;
        }),
        filter((_): _ is never => false),
      ),
      live.source,
    ]);
  const client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [cacheExchange(cacheOf([conversationUpdates])), server],
  });
  const tell = (update: { conversation?: unknown; removedId?: string }) => {
    const data = {
      conversationsUpdated: {
        __typename: "ConversationUpdate",
        conversation: update.conversation ?? null,
        removedId: update.removedId ?? null,
      },
    };
    live.next({ operation: makeOperation("subscription", subscription!), data, stale: false, hasNext: true });
  };
  return { client, tell };
}

const settled = () => new Promise((done) => setTimeout(done, 20));
let list: ConversationList;

async function open(conversations: number, pages: number) {
  const { client, tell } = office(conversations);
  list = new ConversationList(client, {}, { field: "UPDATED_AT", direction: "DESC" });
  list.start(() => {});
  await settled();
  for (let page = 1; page < pages; page++) {
    list.more();
    await settled();
  }
  return { tell, ids: () => list.get().rows.map(({ id }) => id) };
}

afterEach(() => list.stop());

test("pages come one after the other, until there are no more", async () => {
  const { ids } = await open(120, 2);
  expect(ids()).toHaveLength(100);
  expect(list.get().hasMore).toBe(true);
  list.more();
  await settled();
  expect(ids()).toHaveLength(120);
  expect(list.get().hasMore).toBe(false);
});

test("a conversation that changes comes to the top, once", async () => {
  const { ids, tell } = await open(120, 2);
  tell({ conversation: { ...row(70, "2026-11-25T12:00:00Z"), version: 2 } });
  await settled();
  expect(ids()[0]).toBe("c70");
  expect(ids()).toHaveLength(100);
});

test("a new one comes to the top, and one that no longer belongs here goes", async () => {
  const { ids, tell } = await open(30, 1);
  tell({ conversation: row(999, "2026-11-25T12:00:00Z") });
  tell({ removedId: "c3" });
  await settled();
  expect(ids()[0]).toBe("c999");
  expect(ids()).not.toContain("c3");
  expect(ids()).toHaveLength(30);
});

test("what is far from what is in sight changes live, too", async () => {
  const { ids, tell } = await open(500, 10);
  list.show(0, 10);
  tell({ conversation: { ...row(480, "2026-11-25T12:00:00Z"), version: 2, subject: "Neuer Betreff" } });
  tell({ removedId: "c470" });
  await settled();
  expect(list.get().rows[0]?.subject).toBe("Neuer Betreff");
  expect(ids()).not.toContain("c470");
  list.show(480, 490);
  await settled();
  expect(ids()).not.toContain("c470");
  expect(ids()).toHaveLength(499);
});
