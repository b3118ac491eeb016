import { useEffect, useMemo } from "react";
import { useClient } from "urql";
import { useStore } from "../../../api/Store";
import { Thread } from "./Thread";

/** A conversation, while it is shown. */
export function useThread(id: string) {
  const client = useClient();
  const thread = useMemo(() => new Thread(client, id), [client, id]);
  const state = useStore(thread);
  useEffect(() => {
    thread.start();
    return () => thread.stop();
  }, [thread]);
  return { thread, ...state };
}
