import type { Updates } from "../../api/cache";
import type { ChangePasswordMutation, ChangePasswordMutationVariables } from "../../gql/pages/graphql";

/** Changes that an account's mutations make in the cache beyond the viewer. */
export const accountUpdates: Updates = {
  Mutation: {
    changePassword: (result, given, cache) => {
      const { errors } = (result as unknown as ChangePasswordMutation).changePassword;
      const { input } = given as unknown as ChangePasswordMutationVariables;
      const viewer = cache.resolve("Query", "viewer");
      if (errors.length === 0 && input.endApiTokens && typeof viewer === "string") cache.link(viewer, "apiTokens", []);
    },
  },
};
