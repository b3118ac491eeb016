import { useTranslation } from "react-i18next";
import { useViewer } from "../api/session";
import type { ConversationStatus } from "../gql/graphql";

/** How the viewer calls a status: customers are told what it asks of them, the office has its words. */
export function useStatusName() {
  const { t } = useTranslation();
  const customer = useViewer().role === "CUSTOMER";
  return (status: ConversationStatus) =>
    t(customer && status === "ATTENTION" ? "conversations.status.awaited" : `conversations.status.${status}`);
}
