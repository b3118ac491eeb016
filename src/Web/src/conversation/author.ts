import type { TFunction } from "i18next";
import type { AuthorFragment } from "../gql/graphql";

/** How somebody is called who took part. */
export const authorName = (t: TFunction, author: AuthorFragment) =>
  "displayName" in author ? author.displayName : t("common.system");

/** Whether somebody is who is signed in. */
export const isViewer = (author: AuthorFragment, viewerId: string) => "id" in author && author.id === viewerId;
