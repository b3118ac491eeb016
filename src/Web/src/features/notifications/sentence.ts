import type { TFunction } from "i18next";
import { authorName } from "../../conversation/author";
import type { NotificationPartsFragment } from "../../gql/pages/graphql";

/** A notification as a sentence, without its conversation. */
export const sentence = (t: TFunction, { kind, actor }: NotificationPartsFragment) =>
  t(`notifications.kind.${kind}`, { name: authorName(t, actor) });
