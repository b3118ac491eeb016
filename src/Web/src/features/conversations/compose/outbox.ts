import type { Client } from "urql";
import { newId } from "../../../api/ids";
import { allKept, keep, kept, onKept, useAllKept } from "../../../api/kept";
import { onConnected } from "../../../api/live";
import { Listeners } from "../../../api/Store";
import { authorizedFetch, session } from "../../../api/session";
import {
  AddCommentDocument,
  type CommentPartsFragment,
  type CommentVisibility,
  type ConversationStatus,
  type FilePartsFragment,
  type UserErrorCode,
} from "../../../gql/pages/graphql";

/** Why a comment did not go. What the server refused waits for its author; everything else is tried again by itself. */
export type Failed = UserErrorCode | "network" | "server" | "busy" | "signedOut";

/** A comment on its way. Its id was chosen here, so that sending it again has no second effect. */
export interface Pending {
  id: string;
  conversationId: string;
  body: string;
  visibility: CommentVisibility;
  files: FilePartsFragment[];
  /** The ids of colleagues whom a note mentions; undefined in what was written before there were any. */
  mentions?: string[] | undefined;
  /** The status that is set together with it, and the version of the conversation that its author saw; undefined where it does not matter. */
  status?: ConversationStatus | undefined;
  expectedVersion?: number | undefined;
  /** When it was written, in ms since 1970. */
  at: number;
  /** Why it did not go when it was tried last; undefined while it has not been tried. */
  failed?: Failed | undefined;
  /** The refused field, by its name in the API. */
  about?: string | undefined;
  /** The number of tries. */
  tries?: number | undefined;
  /** When it is tried next, in ms since 1970. */
  nextAt?: number | undefined;
}

/** The time limits of the first tries and of those after them, in ms; then it is tried again. */
const patience = 12_000;
const longestPatience = 30_000;
const quickTries = 4;

/** The longest time until the next try, in ms. */
const longestWait = 60_000;

/** The pause, in ms, before this tab asks again whether another one still sends. */
const otherTab = 1_000;

const passing: readonly unknown[] = [undefined, "network", "server", "busy", "signedOut"] satisfies readonly (
  | Failed
  | undefined
)[];

/** Whether it is tried again by itself. */
export const isPassing = ({ failed }: Pending) => passing.includes(failed);

/** The next comment to send: of each conversation the oldest one first, so that they arrive in the order in which they were written. */
function nextOf(all: readonly Pending[]): Pending | undefined {
  const passing = all.filter(isPassing);
  const due = passing.find(({ nextAt }) => (nextAt ?? 0) <= Date.now());
  return due && passing.find(({ conversationId }) => conversationId === due.conversationId);
}

/** A comment that has arrived, for the tabs that show its conversation. */
type Arrived = { conversationId: string; comment: CommentPartsFragment };

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("messaging.arrived");
const arrivals = new Listeners<Arrived>();
channel?.addEventListener("message", ({ data }: MessageEvent<Arrived>) => arrivals.tell(data));

/** Tells of comments that have arrived, from whichever tab. */
export const onArrived = arrivals.subscribe;

/** The comments that have not arrived, in the order in which they were written. */
export const outbox = (): readonly Pending[] => [...allKept<Pending>("outbox")].sort((a, b) => a.at - b.at);

/** The same, as it changes. */
export const useOutbox = () => useAllKept<Pending>("outbox");

/** Sends a comment. Until it has arrived it is in the box, also when this page is gone. */
export const send = (comment: Pending) => keep("outbox", comment.id, comment);

/** Whether it did not go since the conversation is another one than its author saw when setting the status. */
export const isOutdated = ({ failed, about }: Pending) => failed === "CONFLICT" && about === "expectedVersion";

/** Tries one again now. What was outdated sets its status all the same. */
export const sendAgain = (comment: Pending) => {
  const { id, conversationId, body, visibility, files, mentions, at, status } = comment;
  const expectedVersion = isOutdated(comment) ? undefined : comment.expectedVersion;
  keep("outbox", id, { id, conversationId, body, visibility, files, mentions, at, status, expectedVersion } satisfies Pending);
};

/** Takes a comment out that did not go. */
export const discard = (id: string) => keep("outbox", id, undefined);

/**
 * Sends what is in the box, one after the other, while somebody is signed in: at once, when the network or the server is back, and again and again in between.
 * Of several tabs one sends.
 * @returns Ends it.
 */
export function startSending(client: Client): () => void {
  let stopped = false;
  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const kick = () => {
    if (stopped || running) return;
    clearTimeout(timer);
    const waits = outbox()
      .filter(isPassing)
      .map(({ nextAt }) => nextAt ?? 0);
    if (waits.length === 0) return;
    const wait = Math.min(...waits) - Date.now();
    if (wait > 0) {
      timer = setTimeout(kick, wait);
      return;
    }
    running = true;
    void withLock(async () => {
      for (;;) {
        const next = nextOf(outbox());
        if (!next || stopped || !session()) break;
        await deliver(client, next);
      }
    }).then((mine) => {
      running = false;
      if (mine) kick();
      else if (!stopped) timer = setTimeout(kick, otherTab);
    });
  };

  // The network or the server is back: waiting comments are tried now.
  const now = () => {
    for (const each of outbox()) if (each.nextAt && isPassing(each)) keep("outbox", each.id, { ...each, nextAt: undefined });
    kick();
  };
  const stops = [onKept(kick), onConnected(now)];
  addEventListener("online", now);
  now();
  return () => {
    stopped = true;
    clearTimeout(timer);
    removeEventListener("online", now);
    for (const stop of stops) stop();
  };
}

/** Only one tab sends. Where browsers have no locks (by http from elsewhere) two may: the second time has no effect. */
async function withLock(work: () => Promise<void>): Promise<boolean> {
  if (!navigator.locks) {
    await work();
    return true;
  }
  return await navigator.locks.request("messaging.outbox", { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

async function deliver(client: Client, comment: Pending) {
  const { id, conversationId, body, visibility, files, mentions, status, expectedVersion } = comment;
  const { data, error } = await client
    .mutation(
      AddCommentDocument,
      {
        input: {
          id,
          conversationId,
          body,
          visibility,
          fileIds: files.map((file) => file.id),
          status,
          expectedVersion,
          // Customers may not give any.
          mentions: mentions?.length ? mentions : undefined,
        },
      },
      {
        fetch: (input: RequestInfo | URL, init?: RequestInit) =>
          authorizedFetch(input, {
            ...init,
            signal: AbortSignal.timeout((comment.tries ?? 0) < quickTries ? patience : longestPatience),
          }),
      },
    )
    .toPromise();
  // Discarded meanwhile, or sent by another tab.
  const still = kept<Pending>("outbox", id);
  const sent = data?.addComment.comment;
  if (sent) {
    const arrived = { conversationId, comment: sent };
    arrivals.tell(arrived);
    channel?.postMessage(arrived);
    return discard(id);
  }
  if (!still) return;
  const refused = data?.addComment.errors[0];
  // Its id was used up by what it was before it was changed, which had arrived after all: what it is now goes beside it.
  if (refused?.code === "CONFLICT" && refused.path?.[0] === "id") {
    discard(id);
    return send({ ...comment, id: newId(), failed: undefined, tries: undefined, nextAt: undefined });
  }
  const tries = (comment.tries ?? 0) + 1;
  const wait = Math.min(1_000 * 2 ** tries, longestWait) * (0.75 + Math.random() / 2);
  const failed: Pending = {
    ...still,
    failed: refused?.code ?? reasonOf(error),
    about: refused?.path?.[0],
    tries,
    nextAt: Date.now() + wait,
  };
  keep("outbox", id, failed);
  if (!isPassing(failed)) return;
  // Later comments of the same conversation wait for it, for the same reason.
  for (const each of outbox())
    if (each.id !== id && each.conversationId === conversationId && isPassing(each))
      keep("outbox", each.id, { ...each, failed: failed.failed, nextAt: failed.nextAt } satisfies Pending);
}

function reasonOf(error: Awaited<ReturnType<ReturnType<Client["mutation"]>["toPromise"]>>["error"]): Failed {
  const code = error?.graphQLErrors[0]?.extensions.code;
  const status = (error?.response as Response | undefined)?.status;
  if (code === "UNAUTHENTICATED" || status === 401) return "signedOut";
  if (code === "RATE_LIMITED" || status === 429) return "busy";
  return error?.networkError && !status ? "network" : "server";
}
