import { cacheExchange } from "@urql/exchange-graphcache";
import { createClient as createSocket } from "graphql-ws";
import { Client, fetchExchange, mapExchange, subscriptionExchange } from "urql";
import { cacheConfig } from "./cache";
import { freshnessExchange } from "./freshness";
import { connected, idle, isConnected, lost } from "./live";
import { authorizedFetch, freshToken, nextToken, onToken, type Session, session, tokenNow } from "./session";

/** What the server closes a socket with whose token is not, or no longer, valid. */
const forbidden = 4403;

const socketUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;

/**
 * The context of a query that must not be older than what the subscriptions begun before it tell: it goes over their socket, when that is
 * open. Whoever asked before it was open asks again then (`useReconnected`).
 */
export const ordered = { ordered: true } as const;

/** A client of one person's session, with a cache of its own: nothing that one viewer saw is there for the next. */
export interface Api {
  client: Client;
  close(): void;
}

/** Makes the client of a session; without one, a client that can sign in. */
export function createApi(of: Session | undefined): Api {
  const isCurrent = () => session()?.viewer.id === of?.viewer.id;
  let open: WebSocket | undefined;
  let sent: string | undefined;
  const socket = createSocket({
    url: socketUrl,
    connectionParams: async () => {
      sent = await freshToken();
      return { authorization: `Bearer ${sent}` };
    },
    lazyCloseTimeout: 5_000,
    keepAlive: 15_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) =>
      new Promise((done) => setTimeout(done, Math.min(500 * 2 ** retries, 8_000) * (0.75 + Math.random() / 2))),
    shouldRetry: isCurrent,
    on: {
      connected: (opened) => {
        open = opened as WebSocket;
        connected();
      },
      closed: (event) => {
        open = undefined;
        if (!isCurrent()) return;
        const { code } = event as CloseEvent;
        if (code === 1000) return idle();
        lost();
        // It comes back with the next token, if there is one.
        if (code === forbidden && sent) void nextToken(sent);
      },
    },
  });
  // The connection stays with the session's next token, and no subscription is lost.
  const stopTokens = onToken((token) => {
    sent = token;
    if (open?.readyState === WebSocket.OPEN)
      open.send(JSON.stringify({ type: "ping", payload: { authorization: `Bearer ${token}` } }));
  });

  const client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetch: authorizedFetch,
    exchanges: [
      mapExchange({
        onError(error) {
          // A session that has ended is told of by what asks next; a command may know it before.
          const refused = error.graphQLErrors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED");
          const token = tokenNow();
          if (refused && token && isCurrent()) void nextToken(token);
        },
      }),
      cacheExchange(cacheConfig),
      freshnessExchange,
      subscriptionExchange({
        isSubscriptionOperation: ({ kind, context }) =>
          kind === "subscription" || (kind === "query" && context.ordered === true && isConnected()),
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query: query ?? "", variables: variables as Record<string, unknown> }, sink),
          }),
        }),
      }),
      fetchExchange,
    ],
  });
  return {
    client,
    close() {
      stopTokens();
      idle();
      // One that was about to open may fail to; nobody waits for it any more.
      Promise.resolve(socket.dispose()).catch(() => {});
    },
  };
}
