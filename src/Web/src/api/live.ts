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

/** Whether the socket is open. */
export const isConnected = () => connection === "connected";

/**
 * Calls back whenever the socket has opened, after the subscriptions were sent on it: what is asked for then, on the same socket, misses nothing.
 */
export function onConnected(callback: () => void) {
  let seen = times;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = subscribe(() => {
    if (connection !== "connected" || times === seen) return;
    seen = times;
    clearTimeout(timer);
    timer = setTimeout(callback);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** The same, for a component: whenever the socket has opened again, and when it opens while the component is there. */
export function useReconnected(callback: () => void) {
  const latest = useRef(callback);
  useEffect(() => {
    latest.current = callback;
  });
  useEffect(() => onConnected(() => latest.current()), []);
}
