import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type CombinedError, useClient } from "urql";
import { ordered } from "../../api/client";
import { useReconnected } from "../../api/live";
import {
  ConversationHistoryDocument,
  type ConversationHistoryQuery,
  ConversationVersionDocument,
  type EventRowFragment,
} from "../../gql/pages/graphql";

const pageSize = 100;

interface State {
  events: readonly EventRowFragment[];
  conversation?: NonNullable<ConversationHistoryQuery["conversation"]>;
  cursor?: string;
  /** The version up to which there is nothing after the last event: of those that follow somebody may see none. */
  end?: number;
  gone: boolean;
  error?: CombinedError;
}

/**
 * The events of a conversation from its first one on, page by page as far as they are needed.
 * @param needed The version to have at least; none until anybody knows.
 */
export function useEvents(id: string, needed: number) {
  const client = useClient();
  const { language } = useTranslation().i18n;
  const [state, setState] = useState<State>({ events: [], gone: false });
  const [version, setVersion] = useState(0);
  const [asked, setAsked] = useState(0);
  const again = () => setAsked((times) => times + 1);
  useReconnected(again);

  useEffect(
    () =>
      client.subscription(ConversationVersionDocument, { id }).subscribe(({ data }) => {
        const now = data?.conversationUpdated.conversation?.version;
        if (now) setVersion((known) => Math.max(known, now));
      }).unsubscribe,
    [client, id],
  );

  const { events, cursor } = state;
  const total = Math.max(version, state.conversation?.version ?? 0);
  const want = Math.min(Math.max(needed, 1), Math.max(total, 1));
  // Not their number: versions may be missing.
  const have = events.at(-1)?.version ?? 0;
  const answered = useRef(0);
  useEffect(() => {
    if (have >= want && answered.current === asked) return;
    answered.current = asked;
    let left = false;
    void client
      .query(
        ConversationHistoryDocument,
        { id, first: pageSize, after: cursor, locale: language },
        { requestPolicy: "network-only", ...ordered },
      )
      .then(({ data, error }) => {
        if (left) return;
        const { conversation } = data ?? {};
        if (!conversation) return setState((old) => ({ ...old, error, gone: !error }));
        const { nodes, pageInfo } = conversation.history;
        setVersion((known) => Math.max(known, conversation.version));
        setState((old) => ({
          events: [...old.events, ...nodes],
          conversation,
          cursor: pageInfo.endCursor ?? old.cursor,
          end: pageInfo.hasNextPage ? undefined : conversation.version,
          gone: false,
        }));
      });
    return () => {
      left = true;
    };
  }, [client, id, have, want, cursor, asked, language]);

  return { ...state, total, hasMore: Math.max(have, state.end ?? 0) < total, again };
}
