import type { Client } from "urql";
import { session } from "../../../api/session";
import {
  AddCommentDocument,
  type CommentPartsFragment,
  type CommentVisibility,
  type FilePartsFragment,
  type UserErrorCode,
} from "../../../gql/pages/graphql";

/** A comment on its way. Its id was chosen here, so that sending it again has no second effect. */
export interface Pending {
  id: string;
  conversationId: string;
  body: string;
  visibility: CommentVisibility;
  files: FilePartsFragment[];
  /** In ms since 1970. */
  at: number;
  /** Why it did not go; undefined while it is on its way. */
  failed?: UserErrorCode | "network" | "server" | "interrupted" | undefined;
}

const listeners = new Set<() => void>();
let key: string | undefined;
let pending: readonly Pending[] = [];

/** The box of whoever is signed in; what a page that was closed had not sent is there as failed. */
function open() {
  const mine = `messaging.outbox.${session()?.viewer.id}`;
  if (key === mine) return;
  key = mine;
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "[]") as Pending[];
    pending = kept.map((each) => ({ ...each, failed: each.failed ?? "interrupted" }));
  } catch {
    pending = [];
  }
}

function set(next: readonly Pending[]) {
  pending = next;
  try {
    if (key) next.length > 0 ? localStorage.setItem(key, JSON.stringify(next)) : localStorage.removeItem(key);
  } catch {
    // The browser's storage is full or forbidden: what is on its way lives as long as the page.
  }
  for (const listener of listeners) listener();
}

/** What is on its way, or did not go. */
export function outbox() {
  open();
  return pending;
}

/** Tells when that changes. */
export function onOutbox(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Takes a comment out that did not go. */
export const discard = (id: string) => set(outbox().filter((each) => each.id !== id));

/**
 * Sends a comment, or sends it again. Until it has arrived it is in the box.
 * @returns The comment as it is there; undefined when it did not go, which the box tells.
 */
export async function send(client: Client, comment: Pending): Promise<CommentPartsFragment | undefined> {
  const sending: Pending = { ...comment, failed: undefined };
  set([...outbox().filter(({ id }) => id !== comment.id), sending].sort((a, b) => a.at - b.at));
  const { id, conversationId, body, visibility, files } = comment;
  const { data, error } = await client
    .mutation(AddCommentDocument, { input: { id, conversationId, body, visibility, fileIds: files.map((file) => file.id) } })
    .toPromise();
  const sent = data?.addComment.comment;
  if (sent) {
    discard(id);
    return sent;
  }
  const failed = data?.addComment.errors[0]?.code ?? (error?.networkError && !error.response?.status ? "network" : "server");
  set(outbox().map((each) => (each.id === id ? { ...each, failed } : each)));
  return undefined;
}

/** Sends again what did not go because the network or the server was away. */
export function sendAgain(client: Client, conversationId: string) {
  return outbox()
    .filter((each) => each.conversationId === conversationId && (each.failed === "network" || each.failed === "server"))
    .map((each) => send(client, each));
}
