import type { TFunction } from "i18next";
import { authorName } from "../../conversation/author";
import type { NotificationPartsFragment } from "../../gql/pages/graphql";

/** A notification as a sentence, without its conversation. */
export function sentence(t: TFunction, { kind, rule, status, actor }: NotificationPartsFragment) {
  const name = authorName(t, actor);
  if (rule === "MENTIONED") return t("notifications.mentioned", { name });
  return status ? t(`notifications.status.${status}`, { name }) : t(`notifications.kind.${kind}`, { name });
}
