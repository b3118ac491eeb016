import { useCallback } from "react";
import { useMutation } from "urql";
import { MarkNotificationsReadDocument, type MarkNotificationsReadInput } from "../../gql/pages/graphql";

/** Marks notifications as read. What it does not reach stays unread, which shows; so nothing else is said about it. */
export function useMarkRead() {
  const [{ fetching }, mark] = useMutation(MarkNotificationsReadDocument);
  const markRead = useCallback((input: MarkNotificationsReadInput) => void mark({ input }), [mark]);
  return { markRead, fetching };
}
