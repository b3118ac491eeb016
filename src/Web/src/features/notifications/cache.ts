import type { Cache } from "@urql/exchange-graphcache";
import type { Updates } from "../../api/cache";
import { NotificationReadFragmentDoc } from "../../gql/graphql";
import type {
  MarkNotificationsReadMutation,
  MarkNotificationsReadMutationVariables,
  NotificationReceivedSubscription,
} from "../../gql/pages/graphql";

/** The pages of notifications in the cache, with what they were asked for with. */
function pages(cache: Cache) {
  const viewer = cache.resolve("Query", "viewer");
  if (typeof viewer !== "string") return [];
  return cache.inspectFields(viewer).flatMap(({ fieldName, fieldKey, arguments: given }) => {
    const page = fieldName === "notifications" && cache.resolve(viewer, fieldKey);
    return typeof page === "string" ? [{ page, given }] : [];
  });
}

const nodesOf = (cache: Cache, page: string) => (cache.resolve(page, "nodes") ?? []) as string[];

/** Puts a new notification first in the lists that begin with the latest. It may be told twice. */
function received({ notificationReceived }: NotificationReceivedSubscription, cache: Cache) {
  const key = cache.keyOfEntity({ __typename: "Notification", id: notificationReceived.id })!;
  for (const { page, given } of pages(cache)) {
    const nodes = nodesOf(cache, page);
    if (!given?.after && !nodes.includes(key)) cache.link(page, "nodes", [key, ...nodes]);
  }
}

/** The answer counts what is left; which ones are read now, the question says. */
function marked({ input }: MarkNotificationsReadMutationVariables, cache: Cache) {
  const readAt = new Date().toISOString();
  const ids = input.all
    ? pages(cache).flatMap(({ page }) => nodesOf(cache, page).map((key) => cache.resolve(key, "id") as string))
    : (input.ids ?? []);
  for (const id of ids) {
    const unread = cache.resolve({ __typename: "Notification", id }, "readAt") === null;
    if (unread) cache.writeFragment(NotificationReadFragmentDoc, { id, readAt });
  }
}

/** Changes that notifications make in the cache beyond their own entities. */
export const notificationUpdates: Updates = {
  Mutation: {
    markNotificationsRead: (result, given, cache) => {
      const { errors } = (result as unknown as MarkNotificationsReadMutation).markNotificationsRead;
      if (errors.length === 0) marked(given as unknown as MarkNotificationsReadMutationVariables, cache);
    },
  },
  Subscription: {
    notificationReceived: (result, _, cache) => received(result as unknown as NotificationReceivedSubscription, cache),
  },
};
