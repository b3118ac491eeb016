import { forgetLists, type Updates } from "../../api/cache";

/** What the office's people change in the cache beyond their own entities. */
export const organisationUpdates: Updates = {
  Mutation: {
    inviteAdministrator: (_result, _given, cache) => forgetLists(cache, "administrators"),
  },
};
