import type { ConversationStatus } from "../gql/graphql";
import classes from "./StatusBadge.module.css";
import { useStatusName } from "./useStatusName";

/** A conversation's status, in words and its colour. */
export function StatusBadge({ status }: { status: ConversationStatus }) {
  const name = useStatusName();
  return (
    <span className={classes.badge} data-status={status}>
      {name(status)}
    </span>
  );
}
