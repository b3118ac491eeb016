import { useEffect, useRef, useSyncExternalStore } from "react";

/** Whether changes arrive: the state of the one WebSocket. "idle" is before anything was subscribed to. */
export type Connection = "idle" | "connected" | "lost";

let connection: Connection = "idle";
let times = 0;
const listeners = new Set<() => void>();

function changed(next: Connection) {
  connection = next;
  for (const listener of listeners) listener();
}

/** The socket is open and acknowledged. */
export function connected() {
  times++;
  changed("connected");
}

/** The socket is gone; it comes back by itself. */
export const lost = () => changed("lost");

/** Nothing is subscribed to, or nobody is signed in. */
export function idle() {
  times = 0;
  changed("idle");
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** The connection, as it changes. */
export const useConnection = () => useSyncExternalStore(subscribe, () => connection);

/**
 * Calls back whenever the socket has come back after it was lost. The subscriptions are there again by then, so that asking for what is
 * shown misses nothing.
 */
export function useReconnected(callback: () => void) {
  const latest = useRef(callback);
  useEffect(() => {
    latest.current = callback;
  });
  useEffect(() => {
    let seen = times;
    return subscribe(() => {
      if (connection !== "connected" || times === seen) return;
      const first = seen === 0;
      seen = times;
      if (!first) latest.current();
    });
  }, []);
}
