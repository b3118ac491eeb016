import { useEffect, useEffectEvent } from "react";
import { Store, useStore } from "./Store";

/** Whether changes arrive: the state of the one WebSocket. "idle" is before anything was subscribed to. */
export type Connection = "idle" | "connected" | "lost";

const connection = new Store<Connection>("idle");
/** The number of times that subscriptions have begun anew since the page was opened. */
let times = 0;

/** The socket is open and acknowledged, or something was subscribed to again on one that is. */
export function connected() {
  times++;
  connection.set("connected");
}

/** The socket is gone; it comes back by itself. */
export const lost = () => connection.set("lost");

/** Nothing is subscribed to, or nobody is signed in. */
export const idle = () => connection.set("idle");

/** The connection, as it changes. */
export const useConnection = () => useStore(connection);

/** Whether the socket is open. */
export const isConnected = () => connection.get() === "connected";

/**
 * Calls back whenever the socket has opened, after the subscriptions were sent on it: what is asked for then, on the same socket (`ordered`), misses
 * nothing. What was asked for before may: what happened after it was answered, and before the subscription began, nobody is told of.
 */
export function onConnected(callback: () => void) {
  let seen = times;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = connection.subscribe(() => {
    if (!isConnected() || times === seen) return;
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
  const reconnected = useEffectEvent(callback);
  useEffect(() => onConnected(() => reconnected()), []);
}
