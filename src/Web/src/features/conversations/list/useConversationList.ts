import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { useClient } from "urql";
import { useStore } from "../../../api/Store";
import type { ConversationFilter, ConversationOrder } from "../../../gql/graphql";
import { ConversationList } from "./ConversationList";

/**
 * The list of a filter and an order, while it is shown.
 * @param changed Is called when some conversation has changed, or may have.
 */
export function useConversationList(filter: ConversationFilter, orderBy: ConversationOrder, changed: () => void) {
  const client = useClient();
  const key = JSON.stringify([filter, orderBy]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is what the filter and the order say.
  const list = useMemo(() => new ConversationList(client, filter, orderBy), [client, key]);
  const state = useStore(list);
  const tell = useEffectEvent(changed);
  useEffect(() => {
    list.start(() => tell());
    return () => list.stop();
  }, [list]);
  // While the first page of another list is on its way, the one before stays: as one types, the list changes but does not blink.
  const [before, setBefore] = useState(state.rows);
  const waiting = state.loading && state.rows.length === 0;
  if (!waiting && before !== state.rows) setBefore(state.rows);
  return { list, ...state, rows: waiting ? before : state.rows, waiting: waiting && before.length > 0 };
}
