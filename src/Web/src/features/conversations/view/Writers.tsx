import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "urql";
import { useReconnected } from "../../../api/live";
import { authorName } from "../../../conversation/author";
import { WritingInConversationDocument, type WritingInConversationSubscription } from "../../../gql/pages/graphql";
import classes from "./ConversationPage.module.css";

/** The others who are writing here at the moment. */
export function Writers({ conversationId }: { conversationId: string }) {
  const { t, i18n } = useTranslation();
  const client = useClient();
  const [writers, setWriters] = useState<WritingInConversationSubscription["writingInConversation"]["writers"]>([]);
  // The subscription begins with those who write now, and says nothing when nobody does.
  useReconnected(() => setWriters([]));
  useEffect(() => {
    const { unsubscribe } = client.subscription(WritingInConversationDocument, { id: conversationId }).subscribe(({ data }) => {
      if (data) setWriters(data.writingInConversation.writers);
    });
    return unsubscribe;
  }, [client, conversationId]);
  const names = new Intl.ListFormat(i18n.language).format(writers.map(({ participant }) => authorName(t, participant)));
  return (
    <div className={classes.writers} role="status">
      {writers.length > 0 && t("conversations.comments.writing", { count: writers.length, names })}
    </div>
  );
}
