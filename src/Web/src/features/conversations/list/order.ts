import type { ConversationOrder, ConversationRowFragment } from "../../../gql/graphql";

/** An instant so that texts sort as instants do: with all six digits of its microseconds, which the API leaves out where they are zero. */
export function sortable(instant: string) {
  const [seconds = "", fraction = ""] = instant.replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(6, "0")}`;
}

/** Each conversation once, in an order. Pages may overlap, and live updates change what they are sorted by. */
export function inOrder(rows: Iterable<ConversationRowFragment>, { field, direction }: ConversationOrder) {
  const sign = direction === "ASC" ? 1 : -1;
  const decorated = new Map<string, { key: string; row: ConversationRowFragment }>();
  for (const row of rows) if (!decorated.has(row.id)) decorated.set(row.id, { key: sortable(instantOf(row, field)), row });
  return [...decorated.values()]
    .sort((a, b) => sign * (a.key === b.key ? compare(a.row.id, b.row.id) : compare(a.key, b.key)))
    .map(({ row }) => row);
}

function instantOf(row: ConversationRowFragment, field: ConversationOrder["field"]) {
  if (field === "CREATED_AT") return row.createdAt;
  return field === "AWAITING_SINCE" ? (row.awaitingSince ?? row.updatedAt) : row.updatedAt;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
