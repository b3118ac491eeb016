import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useClient } from "urql";
import { Thread } from "./Thread";

/** A conversation, while it is shown. */
export function useThread(id: string) {
  const client = useClient();
  const thread = useMemo(() => new Thread(client, id), [client, id]);
  const state = useSyncExternalStore(thread.subscribe, thread.snapshot);
  useEffect(() => {
    thread.start();
    return () => thread.stop();
  }, [thread]);
  return { thread, ...state };
}
