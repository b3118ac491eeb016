import { useSyncExternalStore } from "react";
import type { ViewerPartsFragment } from "../gql/graphql";

/** Who is signed in, and the token that says so. */
export interface Session {
  token: string;
  /** RFC 3339. */
  expiresAt: string;
  viewer: ViewerPartsFragment;
}

/** Why there is no session any more; the sign-in page says so. */
export type SessionEnd = "expired" | "signedOut";

const key = "messaging.session";
const listeners = new Set<() => void>();
let current = read();
// Whoever was signed in last: what shows them is on its way out when they are no longer.
let viewerOfPage = current?.viewer;
let ended: SessionEnd | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function read(): Session | undefined {
  try {
    const session = JSON.parse(localStorage.getItem(key) ?? "null") as Session | null;
    return session && Date.parse(session.expiresAt) > Date.now() ? session : undefined;
  } catch {
    return undefined;
  }
}

function set(session: Session | undefined) {
  current = session;
  viewerOfPage = session?.viewer ?? viewerOfPage;
  clearTimeout(timer);
  // Browsers count to 2^31 ms; a token that works for longer expires when the server says so.
  if (session) timer = setTimeout(() => end("expired"), Math.min(Date.parse(session.expiresAt) - Date.now(), 2 ** 31 - 1));
  for (const listener of listeners) listener();
}

/** Somebody signed in. */
export function begin(session: Session) {
  ended = undefined;
  localStorage.setItem(key, JSON.stringify(session));
  set(session);
}

let renewals = 0;

/** Exchanges the token for another one. The old one may stop working before the new one is here: that does not end the session. */
export async function renew<T>(exchange: () => Promise<T>): Promise<T> {
  renewals++;
  try {
    return await exchange();
  } finally {
    renewals--;
  }
}

/** They signed out, or their token no longer works. Drafts stay where they are. */
export function end(why: SessionEnd) {
  if (!current || (why === "expired" && renewals > 0)) return;
  ended = why;
  localStorage.removeItem(key);
  set(undefined);
}

/** Keeps what is known of the viewer up to date, for the next start. */
export function rememberViewer(viewer: ViewerPartsFragment) {
  if (!current || JSON.stringify(current.viewer) === JSON.stringify(viewer)) return;
  localStorage.setItem(key, JSON.stringify({ ...current, viewer }));
  set({ ...current, viewer });
}

/** The session now; none when nobody is signed in. */
export const session = () => current;

/** Why the last one ended; none after a fresh start. */
export const sessionEnd = () => ended;

/** Tells of every change. */
export function onSession(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** The session, as it changes. */
export const useSession = () => useSyncExternalStore(onSession, session);

/** Who is signed in; only below the shell, which needs somebody to be. */
export function useViewer(): ViewerPartsFragment {
  const viewer = useSession()?.viewer ?? viewerOfPage;
  if (!viewer) throw new Error("Nobody is signed in.");
  return viewer;
}

// Another tab signs in or out: this one follows.
addEventListener("storage", (event) => {
  if (event.key !== key && event.key !== null) return;
  const other = read();
  if (!other && current) ended = "signedOut";
  set(other);
});
set(current);
