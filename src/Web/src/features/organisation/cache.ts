import { forgetLists, type Updates } from "../../api/cache";

/** Changes that mutations of the organisation make in the cache beyond their own entities. */
export const organisationUpdates: Updates = {
  Mutation: {
    inviteAdministrator: (_result, _given, cache) => forgetLists(cache, "administrators"),
  },
};
