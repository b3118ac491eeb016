import type { Cache } from "@urql/exchange-graphcache";
import { forgetLists, type Updates } from "../../api/cache";
import type { InviteContactMutation, InviteContactMutationVariables } from "../../gql/pages/graphql";

/** A new contact is one of their customer's. */
function contactInvited(result: InviteContactMutation, { input }: InviteContactMutationVariables, cache: Cache) {
  const { contact } = result.inviteContact;
  const customer = cache.keyOfEntity({ __typename: "Customer", id: input.customerId })!;
  if (contact) cache.invalidate(customer, "hasActiveContacts");
  const contacts = cache.resolve(customer, "contacts") as unknown;
  if (!contact || !Array.isArray(contacts)) return;
  const key = cache.keyOfEntity({ __typename: "Contact", id: contact.id })!;
  if (!contacts.includes(key)) cache.link(customer, "contacts", [...(contacts as string[]), key]);
}

/** Changes that mutations of customers and contacts make in the cache beyond their own entities. */
export const customerUpdates: Updates = {
  Mutation: {
    // A name or a tag decides where a customer stands in lists, and in which.
    updateCustomer: (_result, _given, cache) => forgetLists(cache, "customers"),
    registerCustomer: (_result, _given, cache) => forgetLists(cache, "customers"),
    inviteContact: (result, given, cache) =>
      contactInvited(result as unknown as InviteContactMutation, given as unknown as InviteContactMutationVariables, cache),
  },
};
