import { cacheExchange } from "@urql/exchange-graphcache";
import { createClient as createSocket } from "graphql-ws";
import { Client, fetchExchange, mapExchange, subscriptionExchange } from "urql";
import { cacheConfig } from "./cache";
import { freshnessExchange } from "./freshness";
import { connected, idle, isConnected, lost } from "./live";
import { end, type Session, session } from "./session";

/** What the server closes a socket with whose token is not, or no longer, valid. */
const forbidden = 4403;

const socketUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;

/** The headers that say who asks. */
export const authorization = (): Record<string, string> => {
  const token = session()?.token;
  return token ? { Authorization: `Bearer ${token}` } : {};
};

/**
 * The context of a query that must not be older than what the subscriptions begun before it tell: it goes over their socket, when that is
 * open. Whoever asked before it was open asks again then (`useReconnected`).
 */
export const ordered = { ordered: true } as const;

/** A client of one session, with a cache of its own: nothing that one viewer saw is there for the next. */
export interface Api {
  client: Client;
  close(): void;
}

/** Makes the client of a session; without one, a client that can sign in. */
export function createApi(of: Session | undefined): Api {
  const socket = createSocket({
    url: socketUrl,
    connectionParams: () => ({ authorization: `Bearer ${session()?.token}` }),
    lazyCloseTimeout: 5_000,
    keepAlive: 15_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) =>
      new Promise((done) => setTimeout(done, Math.min(500 * 2 ** retries, 8_000) * (0.75 + Math.random() / 2))),
    shouldRetry: () => session()?.token === of?.token,
    on: {
      connected: () => connected(),
      closed: (event) => {
        if (session()?.token !== of?.token) return;
        const { code } = event as CloseEvent;
        if (code === forbidden) end("expired");
        else if (code === 1000) idle();
        else lost();
      },
    },
  });

  const client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetchOptions: () => ({ headers: authorization() }),
    exchanges: [
      mapExchange({
        onError(error) {
          const refused =
            error.response?.status === 401 || error.graphQLErrors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED");
          if (refused && session()?.token === of?.token) end("expired");
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
      idle();
      // One that was about to open may fail to; nobody waits for it any more.
      Promise.resolve(socket.dispose()).catch(() => {});
    },
  };
}
