import type { Cache, CacheExchangeOpts, UpdatesConfig } from "@urql/exchange-graphcache";

/** Changes that a feature's mutations and live updates make in the cache beyond their own entities. */
export type Updates = Partial<Pick<UpdatesConfig, "Mutation" | "Subscription">>;

/** Has lists of a field of Query asked for anew: where somebody new comes in them, the server knows. */
export function forgetLists(cache: Cache, field: string) {
  for (const { fieldName, arguments: given } of cache.inspectFields("Query"))
    if (fieldName === field) cache.invalidate("Query", field, given);
}

const normalised: CacheExchangeOpts = {
  possibleTypes: {
    EventSubject: ["Administrator", "Contact", "Conversation", "Customer", "Organisation"],
    Participant: ["Administrator", "Contact", "System"],
    Node: [
      "Administrator",
      "Comment",
      "Contact",
      "Conversation",
      "Customer",
      "Delivery",
      "Event",
      "File",
      "Notification",
      "Organisation",
    ],
  },
  keys: {
    // As it was at some time, a conversation is asked for without its id, so that it does not take the place of what it is now.
    Conversation: ({ id }) => (id as string | undefined) ?? null,
    Absence: () => null,
    Calendar: () => null,
    CustomerRetention: () => null,
    LegalHold: () => null,
    RetentionYears: () => null,
    Account: () => null,
    OfficeHours: () => null,
    OrganisationSettings: () => null,
    AdministratorAccess: () => null,
    NotificationPreferences: () => null,
    ConversationCounts: () => null,
    ConversationUpdate: () => null,
    Reports: () => null,
    Workload: () => null,
    ActivityBucket: () => null,
    BacklogAt: () => null,
    Wait: () => null,
    WaitConnection: () => null,
    WaitEdge: () => null,
    WaitFigure: () => null,
    WaitFigures: () => null,
    WaitOutcomeCount: () => null,
    WeekCustomer: () => null,
    WeekFigures: () => null,
    WeeklyEntry: () => null,
    WeeklyEntryConnection: () => null,
    WeeklyEntryEdge: () => null,
    WeeklyReport: () => null,
    WeekPerson: () => null,
    System: () => null,
    EmailChange: () => null,
    EmailChangeLink: () => null,
    MailProblem: () => null,
    PageInfo: () => null,
    SentMail: () => null,
    Told: () => null,
    UserError: () => null,
    // Pages are parts of what they list, found by the arguments they were asked for with.
    AdministratorConnection: () => null,
    AdministratorEdge: () => null,
    CommentConnection: () => null,
    CommentEdge: () => null,
    ConversationConnection: () => null,
    ConversationEdge: () => null,
    CustomerConnection: () => null,
    CustomerImportLine: () => null,
    CustomerImportContact: () => null,
    CustomerImportLineConnection: () => null,
    CustomerImportLineEdge: () => null,
    CustomerEdge: () => null,
    DeliveryConnection: () => null,
    DeliveryEdge: () => null,
    EventConnection: () => null,
    EventEdge: () => null,
    FileConnection: () => null,
    FileEdge: () => null,
    NotificationConnection: () => null,
    NotificationEdge: () => null,
    ToldConnection: () => null,
    ToldEdge: () => null,
  },
};

/** The cache, by what each feature changes in it. Answers are normalised by id, except for what has none. */
export const cacheOf = (features: readonly Updates[]): CacheExchangeOpts => ({
  ...normalised,
  updates: {
    Mutation: Object.assign({}, ...features.map(({ Mutation }) => Mutation)),
    Subscription: Object.assign({}, ...features.map(({ Subscription }) => Subscription)),
  },
});
