import type { TFunction } from "i18next";
import { idOfNow } from "../api/ids";
import type { AuthorFragment } from "../gql/graphql";

/** The name of an author. */
export const authorName = (t: TFunction, author: AuthorFragment) =>
  "displayName" in author ? author.displayName : t("common.system");

/** Whether an author is the viewer. */
export const isViewer = (author: AuthorFragment, viewerId: string) => "id" in author && idOfNow(author.id) === viewerId;
