import type { Cache } from "@urql/exchange-graphcache";
import type { Updates } from "../../api/cache";
import type { ConversationsUpdatedSubscription } from "../../gql/graphql";

/** The pages of lists in the cache, with the filter and the place they were asked for with. */
const pages = (cache: Cache) =>
  cache.inspectFields("Query").flatMap(({ fieldName, fieldKey, arguments: given }) => {
    const page = fieldName === "conversations" && cache.resolve("Query", fieldKey);
    return typeof page === "string" ? [{ page, given }] : [];
  });

const nodesOf = (cache: Cache, page: string) => (cache.resolve(page, "nodes") ?? []) as string[];

/**
 * Keeps the lists in the cache as the office has them: what is new in a list comes onto its first page, what is no longer in it goes. In which
 * order it is shown, the list decides.
 */
function conversationsUpdated(result: ConversationsUpdatedSubscription, given: { filter?: unknown }, cache: Cache) {
  const { conversation, removedId } = result.conversationsUpdated;
  const filter = JSON.stringify(given.filter ?? {});
  const ofList = pages(cache).filter((each) => JSON.stringify(each.given?.filter ?? {}) === filter);
  if (conversation) {
    const key = cache.keyOfEntity({ __typename: "Conversation", id: conversation.id })!;
    if (ofList.some(({ page }) => nodesOf(cache, page).includes(key))) return;
    for (const { page, given: of } of ofList) if (!of?.after) cache.link(page, "nodes", [key, ...nodesOf(cache, page)]);
  } else if (removedId) {
    const key = cache.keyOfEntity({ __typename: "Conversation", id: removedId })!;
    for (const { page } of ofList) {
      const nodes = nodesOf(cache, page);
      if (nodes.includes(key))
        cache.link(
          page,
          "nodes",
          nodes.filter((node) => node !== key),
        );
    }
  }
}

/** Changes that live updates of conversations make in the cache beyond their own entities. */
export const conversationUpdates: Updates = {
  Mutation: {
    // A tag may be the first of its name, or the last.
    tagConversations: (_result, _given, cache) => cache.invalidate("Query", "conversationTags"),
  },
  Subscription: {
    conversationsUpdated: (result, given, cache) =>
      conversationsUpdated(result as unknown as ConversationsUpdatedSubscription, given as { filter?: unknown }, cache),
  },
};
