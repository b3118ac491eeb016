import { awaitingOf, statusOf } from "../../../conversation/status";
import type { ConversationFilter, ConversationOrder, Role } from "../../../gql/graphql";
import { searched } from "../../../ui/searched";

/** The search parameters of the list: short, lower case, without defaults. */
export interface ListSearch {
  status?: keyof typeof statusOf;
  awaiting?: keyof typeof awaitingOf;
  /** A customer's id. */
  customer?: string;
  /** An administrator's id, or "none". */
  responsible?: string;
  unread?: true;
  /** Of the office's. */
  tag?: string;
  q?: string;
  order?: (typeof orders)[number];
}

/** The orders besides the default, which is the last changed first. */
export const orders = ["waiting", "oldest", "created", "created-oldest"] as const;

const one = <T extends string>(values: readonly T[], value: unknown) => values.find((known) => known === value);
const wordIn = <T extends string>(values: Record<T, unknown>, value: unknown) => one(Object.keys(values) as T[], value);
const id = (value: unknown) => (typeof value === "string" ? value.trim().slice(0, 100) || undefined : undefined);

// The router reads a tag that is a number as one.
const tagIn = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? `${value}`.trim().slice(0, 40) || undefined : undefined;

/**
 * Reads an address. What it does not know is undefined; were it left out, the router would leave it as the address has it.
 * @param role Of whoever reads: what only the office filters by means nothing to customers, whom the server refuses it.
 */
export function readListSearch(search: Record<string, unknown>, role?: Role): ListSearch {
  const isOffice = role !== "CUSTOMER";
  return {
    status: wordIn(statusOf, search.status),
    awaiting: wordIn(awaitingOf, search.awaiting),
    customer: id(search.customer),
    responsible: isOffice ? id(search.responsible) : undefined,
    unread: search.unread === true ? true : undefined,
    tag: isOffice ? tagIn(search.tag) : undefined,
    q: searched(search.q),
    order: one(orders, search.order),
  };
}

/** The filter that an address stands for. Without the status it is what the tabs count. */
export function filterOf({ status, awaiting, customer, responsible, unread, tag, q }: ListSearch): ConversationFilter {
  return {
    ...(status && { status: [statusOf[status]] }),
    ...(awaiting && { awaiting: awaitingOf[awaiting] }),
    ...(customer && { customerId: customer }),
    ...(responsible === "none" ? { unassigned: true } : responsible && { responsibleAdministratorId: responsible }),
    ...(unread && { unread }),
    ...(tag && { tag }),
    ...(q && { search: q }),
  };
}

/** The order that an address stands for. Who has waited the longest is asked of those who wait only. */
export function orderOf({ order, awaiting }: ListSearch): ConversationOrder {
  if (order === "waiting")
    return { field: awaiting === "office" || awaiting === "customer" ? "AWAITING_SINCE" : "UPDATED_AT", direction: "ASC" };
  return {
    field: order?.startsWith("created") ? "CREATED_AT" : "UPDATED_AT",
    direction: order?.endsWith("oldest") ? "ASC" : "DESC",
  };
}
