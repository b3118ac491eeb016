import type { NotificationKind, Role } from "../../../gql/pages/graphql";

const office: readonly NotificationKind[] = [
  "CUSTOMER_COMMENTED",
  "ASSIGNED",
  "ADMINISTRATORS_NOTIFIED",
  "CONVERSATION_CREATED",
  "ADMINISTRATOR_COMMENTED",
];
const customers: readonly NotificationKind[] = ["STATUS_CHANGED", "ADMINISTRATOR_COMMENTED", "CONVERSATION_CREATED"];

/** The kinds of notification that a role can get. */
export const kindsOf = (role: Role) => (role === "CUSTOMER" ? customers : office);

/** A choice with one kind more or less; what is not shown stays as it was. */
export const choose = (chosen: readonly NotificationKind[], kind: NotificationKind, on: boolean) =>
  on ? [...new Set([...chosen, kind])] : chosen.filter((each) => each !== kind);
