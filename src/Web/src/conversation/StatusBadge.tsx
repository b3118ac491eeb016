import { useTranslation } from "react-i18next";
import type { ConversationStatus } from "../gql/graphql";
import classes from "./StatusBadge.module.css";

/** A conversation's status, in a word and its colour. */
export function StatusBadge({ status }: { status: ConversationStatus }) {
  const { t } = useTranslation();
  return (
    <span className={classes.badge} data-status={status}>
      {t(`conversations.status.${status}`)}
    </span>
  );
}
