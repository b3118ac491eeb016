import type { TFunction } from "i18next";
import { authorName } from "../../conversation/author";
import type { NotificationPartsFragment } from "../../gql/pages/graphql";

/** What somebody was told, as a sentence without the conversation it is about. */
export const sentence = (t: TFunction, { kind, actor }: NotificationPartsFragment) =>
  t(`notifications.kind.${kind}`, { name: authorName(t, actor) });
