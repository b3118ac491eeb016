import type { UpdatesConfig } from "@urql/exchange-graphcache";

/** What conversations change in the cache beyond their own entities. */
export const conversationUpdates: Required<Pick<UpdatesConfig, "Mutation" | "Subscription">> = { Mutation: {}, Subscription: {} };
