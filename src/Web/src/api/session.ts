import { stringifyDocument } from "urql";
import {
  type AccountInput,
  RefreshSessionDocument,
  type RefreshSessionMutation,
  SignOutDocument,
  SwitchAccountDocument,
  type SwitchAccountMutation,
  type ViewerPartsFragment,
} from "../gql/graphql";
import { forgetKept, openKept } from "./kept";
import { Listeners, Store, useStore } from "./Store";

/** Whoever is signed in. Their tokens are in memory only, and in a cookie that no script can read. */
export interface Session {
  viewer: ViewerPartsFragment;
}

/** Why there is no session any more; the sign-in page says so. */
export type SessionEnd = "expired" | "signedOut";

/** The answer of a mutation that signs in. */
export interface SignedIn {
  accessToken: string | null;
  sessionId: string | null;
  sessionExpiresAt: string | null;
  storageKey: string | null;
  viewer: ViewerPartsFragment | null;
}

/** An access token, and when it is to be exchanged for the next one: by this browser's clock, which may be wrong, from when it came. */
interface Token {
  value: string;
  session: string;
  /** In ms since 1970. */
  renewAt: number;
  endsAt: number;
}

/** The part of its time after which a token is exchanged. */
const renewAfter = 0.8;

/** The pause, in ms, before a token is exchanged again when the server did not answer. */
const pause = 5_000;

/** The interval in which activity is noted, in ms. */
const noted = 30_000;

/** The key of the version before, which kept its token here. */
const keyBefore = "messaging.session";

/** The account that this tab goes on with, of those of one person; and the last one of this browser, for tabs that are new. */
const keyAccount = "messaging.account";

/** There while the server has not been told yet that somebody signed out. */
const keySigningOut = "messaging.signingOut";

/** Messages between tabs. What ended without a session did so of whichever account: somebody signed out. */
type Message =
  | { type: "began"; session: string }
  | { type: "ended"; session: string | undefined; why: SessionEnd }
  | { type: "active"; at: number };

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("messaging.session");
const current = new Store<Session | undefined>(undefined);
const tokens = new Listeners<string>();
let token: Token | undefined;
// The last viewer: components that are being unmounted after a sign-out still show them.
let viewerOfPage: ViewerPartsFragment | undefined;
let ended: SessionEnd | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let renewal: Promise<void> | undefined;
let exchange: Promise<unknown> | undefined;
let signingOut: Promise<unknown> | undefined;
/** When somebody last did something in a tab of this browser, and after how long without the session ends; both in ms. */
let activeAt = Date.now();
let idle = Number.POSITIVE_INFINITY;

function changed(session: Session | undefined) {
  viewerOfPage = session?.viewer ?? viewerOfPage;
  current.set(session);
}

/** The beginning and the lifetime of a token, in ms, as it says itself: this browser's clock need not agree with the server's. */
function timesOf(jwt: string): { begins: number; lifetime: number } {
  const { nbf, exp } = JSON.parse(atob(jwt.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))) as { nbf: number; exp: number };
  return { begins: nbf * 1000, lifetime: (exp - nbf) * 1000 };
}

/** Begins a session, or goes on with it. Afterwards the drafts that this browser keeps for them are there. */
export async function begin(answer: SignedIn, quietly = false): Promise<boolean> {
  const { accessToken, sessionId, sessionExpiresAt, storageKey, viewer } = answer;
  if (!accessToken || !sessionId || !viewer || !storageKey) return false;
  const { begins, lifetime } = timesOf(accessToken);
  const now = Date.now();
  const isNew = token?.session !== sessionId;
  if (isNew) {
    activeAt = now;
    idle = Number.POSITIVE_INFINITY;
  }
  token = { value: accessToken, session: sessionId, renewAt: now + lifetime * renewAfter, endsAt: now + lifetime };
  // The first answer has the whole time without use; later ones may be cut by the longest time of a session.
  const lasts = sessionExpiresAt ? Date.parse(sessionExpiresAt) - begins : Number.POSITIVE_INFINITY;
  if (!Number.isFinite(idle)) idle = lasts;
  if (viewer.organisation) rememberAccount({ organisationId: viewer.organisation.id, personId: viewer.id });
  localStorage.removeItem(keySigningOut);
  ended = undefined;
  schedule(token.renewAt - now);
  await openKept(viewer.id, storageKey);
  if (isNew && !quietly) channel?.postMessage({ type: "began", session: sessionId } satisfies Message);
  tokens.tell(accessToken);
  if (JSON.stringify(session()?.viewer) !== JSON.stringify(viewer)) changed({ viewer });
  return true;
}

/** A tab keeps its account when it is loaded anew, whatever other tabs go on with. */
function rememberAccount(account: AccountInput) {
  const text = JSON.stringify(account);
  if (sessionStorage.getItem(keyAccount) === text) return;
  sessionStorage.setItem(keyAccount, text);
  localStorage.setItem(keyAccount, text);
}

function rememberedAccount(): AccountInput | undefined {
  try {
    const { organisationId, personId } = JSON.parse(
      sessionStorage.getItem(keyAccount) ?? localStorage.getItem(keyAccount) ?? "null",
    ) as AccountInput;
    return { organisationId, personId };
  } catch {
    return undefined;
  }
}

/** Browsers count to 2^31 ms. */
const schedule = (wait: number) => {
  clearTimeout(timer);
  timer = setTimeout(() => void whenDue(), Math.min(Math.max(wait, 0), 2 ** 31 - 1));
};

async function whenDue() {
  if (!session()) return;
  // Nobody has been here for so long: the session ends, though the page could keep it for longer.
  if (Date.now() - activeAt >= idle) return void signOut("expired");
  await renew();
}

/** Exchanges the token, by the cookie. When the server does not answer, the session stays, and it is tried again. */
function renew(): Promise<void> {
  renewal ??= exchangeToken().finally(() => {
    renewal = undefined;
  });
  return renewal;
}

async function exchangeToken() {
  // Another way of getting the next token is under way, which takes the place of this one.
  if (exchange) return void (await exchange.catch(() => {}));
  const before = token;
  const account = rememberedAccount();
  const answer = await exclusively(() => refresh(account));
  // Meanwhile the tab went on with another account, or as somebody else.
  if (token !== before) return;
  if (answer === undefined) return schedule(pause);
  if (await begin(answer)) return;
  if (token === before) end("expired");
}

/** The next token of an account, by its cookie; without one, of whoever signed in. @returns Undefined when the server does not answer. */
const refresh = async (account: AccountInput | undefined, headers: Record<string, string> = {}) =>
  ((await ask(stringifyDocument(RefreshSessionDocument), headers, account && { account })) as RefreshSessionMutation | undefined)
    ?.refreshSession;

/** A session of another account of the same person, by a token of the one. @returns Undefined when the server does not answer. */
const switched = async (account: AccountInput, by: string) =>
  (
    (await ask(
      stringifyDocument(SwitchAccountDocument),
      { Authorization: `Bearer ${by}` },
      { input: { ...account, cookie: true } },
    )) as SwitchAccountMutation | undefined
  )?.switchAccount;

/**
 * Goes on with another account of the viewer's, in this tab alone: others stay with theirs.
 * @returns False when that did not work, and the tab is where it was.
 */
export async function switchTo(account: AccountInput): Promise<boolean> {
  const by = await freshToken();
  if (!by) return false;
  const answer = await exclusively(async () => {
    const there = await refresh(account);
    return there?.accessToken ? there : switched(account, by);
  });
  return answer !== undefined && answer !== null && (await begin(answer, true));
}

/** Only one tab at a time gets the next token, so that what one gets is there for the others. Browsers offer that by https and on the same machine only. */
const exclusively = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks ? (navigator.locks.request("messaging.session", work) as Promise<T>) : work();

/** Asks with the cookie. @returns Undefined when there is no answer that one could go by. */
async function ask(query: string, headers: Record<string, string> = {}, variables?: Record<string, unknown>): Promise<unknown> {
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
      body: JSON.stringify({ query, variables }),
      keepalive: true,
      signal: AbortSignal.timeout(20_000),
    });
    const { data } = (await response.json()) as { data?: unknown };
    return data ?? undefined;
  } catch {
    return undefined;
  }
}

/** The token for a request: the one there is, or the next one when its time is over. Undefined when nobody is signed in. */
export async function freshToken(): Promise<string | undefined> {
  if (token && Date.now() >= token.endsAt) await renew();
  return token?.value;
}

/** The server did not take a token: the next one is asked for. @returns It; undefined when there is none. */
export async function nextToken(refused: string): Promise<string | undefined> {
  if (token?.value === refused) await renew();
  return token && token.value !== refused ? token.value : undefined;
}

/** The token as it is; for what cannot wait. */
export const tokenNow = () => token?.value;

/** Tells of each next token. */
export const onToken = tokens.subscribe;

function authorizedBy(value: string | undefined, init: RequestInit): Headers {
  const headers = new Headers(init.headers);
  if (value) headers.set("Authorization", `Bearer ${value}`);
  return headers;
}

/** Gets the next token in another way, by a request that is not repeated. The one before may stop working before the next one is here: that does not end the session. */
export async function renewBy<T>(work: (request: typeof fetch) => Promise<T>): Promise<T> {
  await freshToken();
  const once: typeof fetch = (input, init = {}) => fetch(input, { ...init, headers: authorizedBy(token?.value, init) });
  const mine = exclusively(() => work(once));
  exchange = mine;
  try {
    return await mine;
  } finally {
    exchange = undefined;
  }
}

/** A request of somebody who is signed in; once more with the next token, when the server does not take the one there was. */
export async function authorizedFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const value = await freshToken();
  const send = (by: string | undefined) => fetch(input, { ...init, headers: authorizedBy(by, init) });
  const response = await send(value);
  if (response.status !== 401 || !value) return response;
  const next = await nextToken(value);
  return next ? send(next) : response;
}

function drop(why: SessionEnd) {
  clearTimeout(timer);
  ended = why;
  token = undefined;
  if (why === "signedOut") {
    forgetKept();
    sessionStorage.removeItem(keyAccount);
    localStorage.removeItem(keyAccount);
  }
  changed(undefined);
}

/** Their session goes on no more, by the word of the server. What they have written stays, for when they sign in again. */
export function end(why: SessionEnd) {
  endWith(why, token?.session);
}

function endWith(why: SessionEnd, ending: string | undefined) {
  if (!session() || exchange) return;
  channel?.postMessage({ type: "ended", session: ending, why } satisfies Message);
  drop(why);
}

/** Signs out, here and in all tabs, of whichever account, and tells the server; when that is not there, at the next start. */
export function signOut(why: SessionEnd = "signedOut"): Promise<void> {
  const by = token?.value;
  endWith(why, undefined);
  localStorage.setItem(keySigningOut, "1");
  const asked = exclusively(async () => {
    if (await ask(stringifyDocument(SignOutDocument), by ? { Authorization: `Bearer ${by}` } : {}))
      localStorage.removeItem(keySigningOut);
  });
  signingOut = asked.finally(() => {
    signingOut = undefined;
  });
  return asked;
}

/** Waits until the server has been told of a sign-out: who signs in before that would lose their cookie by it. */
export const signedOut = () => signingOut ?? Promise.resolve();

/**
 * Goes on with the session of this browser, at the start of a page.
 * @returns False when the server did not answer: then it may be tried again.
 */
export async function resume(): Promise<boolean> {
  const before = localStorage.getItem(keyBefore);
  if (localStorage.getItem(keySigningOut)) {
    if (!(await ask(stringifyDocument(SignOutDocument)))) return false;
    localStorage.removeItem(keySigningOut);
    localStorage.removeItem(keyBefore);
    return true;
  }
  const answer = await exclusively(() => goOn(bearerOf(before)));
  // A token of the version before that is no longer good is no more than nothing.
  if (answer === undefined && !before) return false;
  localStorage.removeItem(keyBefore);
  if (answer) await begin(answer, true);
  return true;
}

/** Goes on with the account that this tab had; where its session has ended, with the one that this person, or another, signed in to since. */
async function goOn(bearer: Record<string, string>) {
  const account = rememberedAccount();
  const own = account && (await refresh(account));
  if (own?.accessToken || (account && own === undefined)) return own;
  const main = await refresh(undefined, bearer);
  if (!account || !main?.accessToken || main.viewer?.id === account.personId) return main;
  // Of the same person it is still their account: a new password, say, was chosen in another tab.
  const again = await switched(account, main.accessToken);
  return again?.accessToken ? again : main;
}

function bearerOf(kept: string | null): Record<string, string> {
  try {
    const { token: value } = JSON.parse(kept ?? "null") as { token: string };
    return { Authorization: `Bearer ${value}` };
  } catch {
    return {};
  }
}

/** Keeps what is known of the viewer up to date. */
export function rememberViewer(viewer: ViewerPartsFragment) {
  if (session() && JSON.stringify(session()?.viewer) !== JSON.stringify(viewer)) changed({ viewer });
}

/** The session now; none when nobody is signed in. */
export const session = current.get;

/** Why the last one ended; none after a fresh start. */
export const sessionEnd = () => ended;

/** Tells of every change. */
export const onSession = current.subscribe;

/** The session, as it changes. */
export const useSession = () => useStore(current);

/** The viewer; only below the shell, which needs somebody to be signed in. */
export function useViewer(): ViewerPartsFragment {
  const viewer = useSession()?.viewer ?? viewerOfPage;
  if (!viewer) throw new Error("Nobody is signed in.");
  return viewer;
}

// Another tab signs in or out: this one follows. Who signs in takes the place of whoever was there, with all their accounts.
channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
  if (data.type === "active") activeAt = Math.max(activeAt, data.at);
  else if (data.type === "ended" && session() && (data.session === undefined || data.session === token?.session)) drop(data.why);
  else if (data.type === "began" && data.session !== token?.session) void resume();
});

// Notes activity, here and in other tabs.
const active = () => {
  const now = Date.now();
  if (now - activeAt < noted) return;
  // After too long without activity the session is over.
  if (session() && now - activeAt >= idle) return void signOut("expired");
  activeAt = now;
  channel?.postMessage({ type: "active", at: now } satisfies Message);
};
for (const event of ["pointerdown", "keydown", "wheel", "touchstart"])
  addEventListener(event, active, { capture: true, passive: true });

// A computer that slept has missed the time of its timers.
addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && token && Date.now() >= token.renewAt) void whenDue();
});

// A page in the back-forward cache shows nothing until the session is known again.
addEventListener("pagehide", ({ persisted }) => {
  if (persisted) document.documentElement.hidden = true;
});
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  const show = () => {
    document.documentElement.hidden = false;
  };
  if (session()) void renew().finally(show);
  else show();
});
