import type { CacheExchangeOpts } from "@urql/exchange-graphcache";
import { profileUpdates } from "../features/accounts/profile/cache";
import { conversationUpdates } from "../features/conversations/list/cache";
import { peopleUpdates } from "../features/customers/cache";
import { notificationUpdates } from "../features/notifications/cache";

/** How answers are normalised: by id, except for what has none. What a mutation or a live update changes beyond its own entities is by feature. */
export const cacheConfig: CacheExchangeOpts = {
  possibleTypes: {
    Participant: ["Administrator", "Contact", "System"],
    Node: [
      "Administrator",
      "Comment",
      "Contact",
      "Conversation",
      "Customer",
      "Event",
      "File",
      "Notification",
      "Organisation",
      "Viewer",
    ],
  },
  keys: {
    // As it was at some time, a conversation is asked for without its id, so that it does not take the place of what it is now.
    Conversation: ({ id }) => (id as string | undefined) ?? null,
    OrganisationSettings: () => null,
    NotificationPreferences: () => null,
    ConversationCounts: () => null,
    ConversationUpdate: () => null,
    Reports: () => null,
    Workload: () => null,
    ActivityBucket: () => null,
    System: () => null,
    MailProblem: () => null,
    PageInfo: () => null,
    UserError: () => null,
    // Pages are parts of what they list, found by the arguments they were asked for with.
    AdministratorConnection: () => null,
    AdministratorEdge: () => null,
    CommentConnection: () => null,
    CommentEdge: () => null,
    ConversationConnection: () => null,
    ConversationEdge: () => null,
    CustomerConnection: () => null,
    CustomerEdge: () => null,
    EventConnection: () => null,
    EventEdge: () => null,
    FileConnection: () => null,
    FileEdge: () => null,
    NotificationConnection: () => null,
    NotificationEdge: () => null,
  },
  updates: {
    Mutation: {
      ...conversationUpdates.Mutation,
      ...notificationUpdates.Mutation,
      ...peopleUpdates.Mutation,
      ...profileUpdates.Mutation,
    },
    Subscription: { ...conversationUpdates.Subscription, ...notificationUpdates.Subscription },
  },
};
