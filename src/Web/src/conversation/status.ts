import type { Awaiting, ConversationStatus } from "../gql/graphql";

/** The statuses by how addresses say them, in the order in which they are shown. */
export const statusOf = {
  open: "OPEN",
  attention: "ATTENTION",
  answered: "ANSWERED",
} as const satisfies Record<Lowercase<ConversationStatus>, ConversationStatus>;

/** All of them. */
export const STATUSES = Object.values(statusOf);

/** The values of awaiting by how addresses say them, in the order in which they are shown. */
export const awaitingOf = {
  office: "OFFICE",
  customer: "CUSTOMER",
  nobody: "NOBODY",
} as const satisfies Record<Lowercase<Awaiting>, Awaiting>;

/** All of them. */
export const AWAITING = Object.values(awaitingOf);

/** The word for a value in addresses; undefined for any other value. */
export const wordOf = <Word extends string>(values: Readonly<Record<Word, string>>, value: string | null | undefined) =>
  (Object.keys(values) as Word[]).find((word) => values[word] === value);
