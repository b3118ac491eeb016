import type { Cache, UpdatesConfig } from "@urql/exchange-graphcache";
import type { InviteContactMutation, InviteContactMutationVariables } from "../../gql/pages/graphql";

/** Lists of a field of Query are asked for anew: where somebody comes in them, the server knows. */
function forget(cache: Cache, field: string) {
  for (const { fieldName, arguments: given } of cache.inspectFields("Query"))
    if (fieldName === field) cache.invalidate("Query", field, given);
}

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

/** What changes about people changes in the cache beyond their own entities. */
export const peopleUpdates: Required<Pick<UpdatesConfig, "Mutation">> = {
  Mutation: {
    registerCustomer: (_result, _given, cache) => forget(cache, "customers"),
    inviteAdministrator: (_result, _given, cache) => forget(cache, "administrators"),
    inviteContact: (result, given, cache) =>
      contactInvited(result as unknown as InviteContactMutation, given as unknown as InviteContactMutationVariables, cache),
  },
};
