import { cacheExchange } from "@urql/exchange-graphcache";
import { Client, type Exchange } from "urql";
import { expect, test } from "vitest";
import { filter, fromValue, merge, mergeMap, never, pipe, take, toPromise } from "wonka";
import { cacheOf } from "../../api/cache";
import { MarkNotificationsReadDocument, NotificationReceivedDocument, NotificationsDocument } from "../../gql/pages/graphql";
import { notificationUpdates } from "./cache";

const notification = (id: string, readAt: string | null = null) => ({
  __typename: "Notification",
  id,
  kind: "CUSTOMER_COMMENTED",
  rule: "RESPONSIBLE",
  createdAt: "2026-03-01T09:30:00Z",
  readAt,
  status: null,
  actor: { __typename: "Contact", id: "d", displayName: "Dieter Krause" },
  comment: { __typename: "Comment", id: "k", excerpt: "Anbei." },
  conversation: {
    __typename: "Conversation",
    id: "g",
    subject: "Belege",
    status: "OPEN",
    customer: { __typename: "Customer", id: "b", name: "Bäckerei Krause" },
  },
});

const viewer = (rest: object) => ({ __typename: "Viewer", id: "a", ...rest });
const page = (...nodes: object[]) => ({
  __typename: "NotificationConnection",
  nodes,
  pageInfo: { __typename: "PageInfo", endCursor: null, hasNextPage: false },
});

/** A client whose server has answers by the kind of operation. */
function clientOf(answers: { query: object; subscription?: object; mutation?: object }) {
  const server: Exchange = () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind !== "teardown"),
      mergeMap((operation) => {
        const data = answers[operation.kind as keyof typeof answers];
        const result = { operation, data, stale: false, hasNext: operation.kind === "subscription" };
        return operation.kind === "subscription" ? merge([fromValue(result), never]) : fromValue(result);
      }),
    );
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    exchanges: [cacheExchange(cacheOf([notificationUpdates])), server],
  });
}

const listed = async (client: Client) => {
  const { data } = await client
    .query(NotificationsDocument, { unreadOnly: false, first: 10 }, { requestPolicy: "cache-first" })
    .toPromise();
  return data!.viewer.notifications.nodes;
};

test("a new notification comes first in the list, once, however often it is told", async () => {
  const client = clientOf({
    query: { viewer: viewer({ notifications: page(notification("1")) }) },
    subscription: { notificationReceived: notification("2") },
  });
  await listed(client);
  for (const _ of [1, 2]) await pipe(client.subscription(NotificationReceivedDocument, {}), take(1), toPromise);
  expect((await listed(client)).map(({ id }) => id)).toEqual(["2", "1"]);
});

test("those marked as read are read in the list; others are not", async () => {
  const client = clientOf({
    query: { viewer: viewer({ notifications: page(notification("2"), notification("1")) }) },
    mutation: { markNotificationsRead: { __typename: "P", viewer: viewer({ unreadNotificationCount: 1 }), errors: [] } },
  });
  await listed(client);
  await client.mutation(MarkNotificationsReadDocument, { input: { ids: ["1"] } }).toPromise();
  expect((await listed(client)).map(({ readAt }) => readAt !== null)).toEqual([false, true]);
});

test("marking all keeps when the others were read", async () => {
  const client = clientOf({
    query: { viewer: viewer({ notifications: page(notification("2"), notification("1", "2026-03-02T08:00:00Z")) }) },
    mutation: { markNotificationsRead: { __typename: "P", viewer: viewer({ unreadNotificationCount: 0 }), errors: [] } },
  });
  await listed(client);
  await client.mutation(MarkNotificationsReadDocument, { input: { all: true } }).toPromise();
  const [first, second] = await listed(client);
  expect(first?.readAt).not.toBeNull();
  expect(second?.readAt).toBe("2026-03-02T08:00:00Z");
});
