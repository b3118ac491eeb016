import { type CacheExchangeOpts, cacheExchange } from "@urql/exchange-graphcache";
import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { createClient as createSocket } from "graphql-ws";
import { Client, fetchExchange, makeOperation, mapExchange, subscriptionExchange } from "urql";
import { freshnessExchange } from "./freshness";
import { connected, idle, isConnected, lost } from "./live";
import { askPatiently, command } from "./patience";
import { authorizedFetch, freshToken, nextToken, onToken, type Session, session, tokenNow } from "./session";

/** The interval of pings and the time for a pong, in ms: a connection that has gone silent is noticed within 15 s. */
const pingEvery = 7_000;
const answersWithin = 5_000;

/** The code with which the server closes a socket whose token is not, or no longer, valid. */
const forbidden = 4403;

/** Its reason when the viewer sees something else from now on. */
const accessChanged = "Your access has changed";

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

interface Request {
  query: string;
  variables: Record<string, unknown>;
}

interface Sink {
  next(value: ExecutionResult): unknown;
  error(error: unknown): unknown;
  complete(): unknown;
}

/** Errors that end a subscription but pass: the server was overloaded or failed, or the whole connection was given up. */
const passing = ["RATE_LIMITED", "TIMEOUT", "INTERNAL", "UNAVAILABLE"];
const passes = (error: unknown) =>
  Array.isArray(error)
    ? (error as GraphQLFormattedError[]).every(({ extensions }) => passing.includes(String(extensions?.code)))
    : typeof (error as CloseEvent | null)?.code === "number";

/** Subscribes, and again when that was ended by something that passes: a page that nobody tells anything would go on as if nothing happened. @returns Ends it. */
function stay(sink: Sink, overSocket: (sink: Sink) => () => void, isCurrent: () => boolean): () => void {
  let ended = false;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop: () => void;
  const begin = () => {
    stop = overSocket({
      next(value) {
        tries = 0;
        sink.next(value);
      },
      error(error) {
        if (ended || !isCurrent() || !passes(error)) return void sink.error(error);
        timer = setTimeout(() => {
          begin();
          // Listeners ask for what happened meanwhile.
          if (isConnected()) connected();
        }, pauseBefore(tries++));
      },
      complete: () => sink.complete(),
    });
  };
  begin();
  return () => {
    ended = true;
    clearTimeout(timer);
    stop();
  };
}

/** The pause before the next try, in ms: exponential back-off with jitter. */
const pauseBefore = (tries: number) => Math.min(500 * 2 ** tries, 8_000) * (0.75 + Math.random() / 2);

/** Asks over the socket; a query that it does not answer in time is asked by HTTP. @returns Ends both. */
function askOrByHttp(request: Request, sink: Sink, overSocket: (sink: Sink) => () => void): () => void {
  const abort = new AbortController();
  let decided = false;
  const first = (tell: () => void) => {
    clearTimeout(timer);
    if (!abort.signal.aborted) tell();
  };
  const timer = setTimeout(async () => {
    decided = true;
    stop();
    try {
      const init = {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(request),
        signal: abort.signal,
      };
      const answer = (await (await askPatiently("/graphql", init, 1)).json()) as ExecutionResult;
      if (abort.signal.aborted) return;
      sink.next(answer);
      sink.complete();
    } catch (error) {
      if (!abort.signal.aborted) sink.error(error);
    }
  }, answersWithin);
  // After the socket was given up, its messages are not the answer.
  const stop = overSocket({
    next: (value) => decided || first(() => sink.next(value)),
    error: (error) => decided || first(() => sink.error(error)),
    complete: () => decided || first(() => sink.complete()),
  });
  return () => {
    clearTimeout(timer);
    abort.abort();
    stop();
  };
}

/**
 * Makes the client of a session; without one, a client that can sign in.
 * @param cache How its answers are kept (`cacheOf`).
 * @param outdated Is called when what it has kept may not be the viewer's any more: another one has to take its place.
 */
export function createApi(of: Session | undefined, cache: CacheExchangeOpts, outdated: () => void): Api {
  // The same person may sign in again: then the socket of before, which takes its time to close, says nothing of the one there is now.
  let isClosed = false;
  const isCurrent = () => !isClosed && session()?.viewer.id === of?.viewer.id;
  let open: WebSocket | undefined;
  let sent: string | undefined;
  let silent: ReturnType<typeof setTimeout> | undefined;
  const socket = createSocket({
    url: socketUrl,
    connectionParams: async () => {
      sent = await freshToken();
      return { authorization: `Bearer ${sent}` };
    },
    lazyCloseTimeout: 5_000,
    keepAlive: pingEvery,
    connectionAckWaitTimeout: answersWithin,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (retries) => new Promise((done) => setTimeout(done, pauseBefore(retries))),
    shouldRetry: isCurrent,
    on: {
      connected: (opened) => {
        if (isClosed) return;
        open = opened as WebSocket;
        connected();
      },
      ping: (received) => {
        if (received) return;
        clearTimeout(silent);
        silent = setTimeout(() => socket.terminate(), answersWithin);
      },
      pong: () => clearTimeout(silent),
      message: () => clearTimeout(silent),
      closed: (event) => {
        open = undefined;
        clearTimeout(silent);
        if (!isCurrent()) return;
        const { code, reason } = event as CloseEvent;
        if (code === 1000) return idle();
        lost();
        // It comes back with the next token, if there is one.
        if (code === forbidden && sent) void nextToken(sent);
        if (code === forbidden && reason === accessChanged) outdated();
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
        // A command with a fetch of its own keeps it.
        onOperation: (operation) =>
          operation.context.fetch === authorizedFetch
            ? makeOperation(operation.kind, operation, {
                ...operation.context,
                fetch: operation.kind === "mutation" ? command : askPatiently,
              })
            : operation,
        onError(error) {
          // A session that has ended is told of by what asks next; a command may know it before.
          const refused = error.graphQLErrors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED");
          const token = tokenNow();
          if (refused && token && isCurrent()) void nextToken(token);
        },
      }),
      cacheExchange(cache),
      freshnessExchange,
      subscriptionExchange({
        isSubscriptionOperation: ({ kind, context }) =>
          kind === "subscription" || (kind === "query" && context.ordered === true && isConnected()),
        forwardSubscription: ({ query, variables }, { kind }) => ({
          subscribe: (sink) => {
            const request = { query: query ?? "", variables: variables as Record<string, unknown> };
            const overSocket = (to: Sink) => socket.subscribe(request, to as typeof sink);
            return {
              unsubscribe: kind === "query" ? askOrByHttp(request, sink, overSocket) : stay(sink, overSocket, isCurrent),
            };
          },
        }),
      }),
      fetchExchange,
    ],
  });
  return {
    client,
    close() {
      isClosed = true;
      stopTokens();
      idle();
      // One that was about to open may fail to; nobody waits for it any more.
      Promise.resolve(socket.dispose()).catch(() => {});
    },
  };
}
