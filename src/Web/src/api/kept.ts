import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { useCallback } from "react";
import { newId } from "./ids";
import { Listeners, useStore } from "./Store";

/**
 * The drafts and unsent comments that this browser keeps for the viewer. They are one set for all tabs, in IndexedDB, encrypted with a key
 * that only the server has for whoever is signed in: after signing out nobody can read it, and it is there again when the same person comes back.
 */
const database = "messaging";
const store = "kept";

/** The lifetime of an entry that nobody changes, in ms. */
const longest = 30 * 24 * 60 * 60 * 1000;

/** The most that is kept for a person: what is older goes. */
const most = 500;

/** The delay until a change is written down, in ms. Every tab knows of it at once. */
const delay = 100;

/** Of what kind something is. */
export type Kind = "draft" | "outbox";

interface Entry {
  value: unknown;
  /** When it was changed, in ms since 1970. */
  at: number;
}

/** As it is stored. */
interface Sealed {
  person: string;
  /** The kind and the name. */
  name: string;
  at: number;
  /** A nonce of 24 bytes and what is encrypted. */
  sealed: Uint8Array;
}

type Message = { person: string; name: string; entry: Entry | undefined };

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("messaging.kept");
const listeners = new Listeners();
let person: string | undefined;
let key: Uint8Array | undefined;
let entries = new Map<string, Entry>();
let opened: Promise<IDBDatabase | undefined> | undefined;
// The same, once it is open: a page on its way out has no time to wait.
let handle: IDBDatabase | undefined;
const unwritten = new Set<string>();
// Names that are being written at the moment.
const underway = new Set<string>();
let writing: ReturnType<typeof setTimeout> | undefined;
// Lists are the same as long as nothing of them has changed.
const lists = new Map<Kind, readonly unknown[]>();

function changed() {
  lists.clear();
  listeners.tell();
}

/** Tells when something changes, here or in another tab. */
export const onKept = listeners.subscribe;

const nameOf = (kind: Kind, name: string) => `${kind} ${name}`;

/** The value under a name. */
export const kept = <T>(kind: Kind, name: string) => entries.get(nameOf(kind, name))?.value as T | undefined;

/** Everything of a kind. */
export function allKept<T>(kind: Kind): readonly T[] {
  let list = lists.get(kind);
  if (!list) {
    list = [...entries].filter(([name]) => name.startsWith(`${kind} `)).map(([, { value }]) => value);
    lists.set(kind, list);
  }
  return list as readonly T[];
}

/** Keeps something; undefined lets it go. */
export function keep(kind: Kind, name: string, value: unknown) {
  const full = nameOf(kind, name);
  if (value === undefined && !entries.has(full)) return;
  const entry = value === undefined ? undefined : { value, at: Date.now() };
  if (entry) entries.set(full, entry);
  else entries.delete(full);
  unwritten.add(full);
  if (person) channel?.postMessage({ person, name: full, entry } satisfies Message);
  // A comment that is sent survives a crash at once; typing does so a moment later.
  if (kind === "outbox") void writeNow();
  else writing ??= setTimeout(() => void writeNow(), delay);
  changed();
}

/** The value under a name, as it changes. */
export function useKept<T>(kind: Kind, name: string) {
  const value = useStore({ subscribe: onKept, get: () => kept<T>(kind, name) });
  return [value, useCallback((next: T | undefined) => keep(kind, name, next), [kind, name])] as const;
}

/** Everything of a kind, as it changes. */
export const useAllKept = <T>(kind: Kind) => useStore({ subscribe: onKept, get: () => allKept<T>(kind) });

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Opens the store of whoever has signed in: reads their entries, and takes over what the version before kept in plain text. */
export async function openKept(of: string, keyInBase64: string): Promise<void> {
  const bytes = bytesOf(keyInBase64);
  if (person === of && key && key.every((byte, at) => byte === bytes[at])) return;
  const goesOn = person === of;
  await writeNow();
  if (!goesOn) entries = new Map();
  person = of;
  key = bytes;
  for (const sealed of await read(of)) {
    const entry = open(bytes, sealed);
    // Changes made here meanwhile are newer.
    if (entry && !(goesOn && (entries.get(sealed.name)?.at ?? 0) >= entry.at)) entries.set(sealed.name, entry);
  }
  // Another key: what is in memory is written down with it.
  if (goesOn) for (const name of entries.keys()) unwritten.add(name);
  const before = [...takeOver(of), ...takeUp(of, bytes)];
  const isWritten = await writeNow();
  if (isWritten) for (const name of before) localStorage.removeItem(name);
  changed();
}

/** Nobody is signed in any more, by their own will: nothing of theirs is left in memory. What is stored nobody can read. */
export function forgetKept() {
  void writeNow();
  person = undefined;
  key = undefined;
  entries = new Map();
  changed();
}

function open(by: Uint8Array, { name, at, sealed }: Sealed): Entry | undefined {
  try {
    const text = xchacha20poly1305(by, sealed.slice(0, 24), new TextEncoder().encode(name)).decrypt(sealed.slice(24));
    return { value: JSON.parse(new TextDecoder().decode(text)) as unknown, at };
  } catch {
    // Of another key: the server signs with another one since.
    return undefined;
  }
}

function seal(by: Uint8Array, name: string, value: unknown): Uint8Array {
  const nonce = crypto.getRandomValues(new Uint8Array(24));
  const text = new TextEncoder().encode(JSON.stringify(value));
  const encrypted = xchacha20poly1305(by, nonce, new TextEncoder().encode(name)).encrypt(text);
  const sealed = new Uint8Array(nonce.length + encrypted.length);
  sealed.set(nonce);
  sealed.set(encrypted, nonce.length);
  return sealed;
}

/** Writes down what has changed. @returns Whether it is. */
async function writeNow(): Promise<boolean> {
  clearTimeout(writing);
  writing = undefined;
  if (!person || !key || unwritten.size === 0) return true;
  // Encrypted at once: the page may be on its way out.
  const changes = [...unwritten].map((name) => {
    const entry = entries.get(name);
    return {
      name,
      sealed: entry && ({ person: person!, name, at: entry.at, sealed: seal(key!, name, entry.value) } satisfies Sealed),
    };
  });
  const of = person;
  unwritten.clear();
  for (const { name } of changes) underway.add(name);
  const into = handle ?? (await connect());
  const isWritten =
    !!into &&
    (await done(into, "readwrite", (records) => {
      for (const { name, sealed } of changes) sealed ? records.put(sealed) : records.delete([of, name]);
    }));
  for (const { name } of changes) {
    underway.delete(name);
    // The next change tries again, and so does the page when it goes.
    if (!isWritten && person === of) unwritten.add(name);
  }
  return isWritten;
}

/** The place for what a closing page may not have written yet: no browser promises that a transaction ends whose page is gone. */
const lastWords = "messaging.last.";

interface LastWord {
  name: string;
  at: number;
  /** In base64; null when it was let go. */
  sealed: string | null;
}

// The name under which this page left its entries; the page may come back.
let left: string | undefined;

/** The page is on its way out. */
function leave() {
  if (!person || !key) return;
  const words = [...unwritten, ...underway].map((name): LastWord => {
    const entry = entries.get(name);
    const sealed = entry && Array.from(seal(key!, name, entry.value), (byte) => String.fromCharCode(byte)).join("");
    return { name, at: entry?.at ?? Date.now(), sealed: sealed === undefined ? null : btoa(sealed) };
  });
  try {
    // Each page has its own: several may go at once.
    if (words.length > 0) {
      left = `${lastWords}${person}.${newId()}`;
      localStorage.setItem(left, JSON.stringify(words));
    }
  } catch {
    // The storage is full: what is written below is all there will be.
  }
  void writeNow();
}

/** The page is here again, as it was. */
function comeBack() {
  if (!left) return;
  const words = wordsOf(left);
  for (const { name } of words) unwritten.add(name);
  const before = left;
  left = undefined;
  void writeNow().then((isWritten) => isWritten && localStorage.removeItem(before));
}

/** Takes up what pages left when they went. @returns Under which names they did, to be removed when it is written down. */
function takeUp(of: string, by: Uint8Array): string[] {
  const all = Object.keys(localStorage).filter((name) => name.startsWith(lastWords));
  const old = all.filter((name) => wordsOf(name).every(({ at }) => Date.now() - at > longest));
  const own = all.filter((name) => name.startsWith(`${lastWords}${of}.`) && name !== left && !old.includes(name));
  for (const { name, at, sealed } of own.flatMap(wordsOf)) {
    if ((entries.get(name)?.at ?? 0) > at) continue;
    if (sealed === null) entries.delete(name);
    else {
      const entry = open(by, { person: of, name, at, sealed: bytesOf(sealed) });
      if (!entry) continue;
      entries.set(name, entry);
    }
    unwritten.add(name);
  }
  return [...own, ...old];
}

/** Another tab went: what it left is taken up at once, before it is sent here and comes again at the next start. */
async function takeUpOfTab({ key: name, newValue }: StorageEvent) {
  if (!person || !key || !newValue || !name?.startsWith(`${lastWords}${person}.`)) return;
  const names = takeUp(person, key);
  changed();
  if (await writeNow()) for (const each of names) localStorage.removeItem(each);
}

function wordsOf(left: string): LastWord[] {
  try {
    return JSON.parse(localStorage.getItem(left) ?? "[]") as LastWord[];
  } catch {
    // Not what was left there.
    return [];
  }
}

function connect(): Promise<IDBDatabase | undefined> {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(database, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(store, { keyPath: ["person", "name"] });
      request.onsuccess = () => {
        // A newer version of the page wants to change it, or it was deleted: the next write opens it again.
        const lose = () => {
          request.result.close();
          opened = undefined;
          handle = undefined;
        };
        request.result.onversionchange = lose;
        request.result.onclose = lose;
        handle = request.result;
        resolve(request.result);
      };
      request.onerror = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
  return opened;
}

/** Does something with the records. The browser's storage may be full, or forbidden: then what is kept lives as long as the page. */
async function done(into: IDBDatabase, mode: IDBTransactionMode, work: (records: IDBObjectStore) => void, commits = true) {
  return await new Promise<boolean>((resolve) => {
    try {
      const transaction = into.transaction(store, mode);
      transaction.oncomplete = () => resolve(true);
      transaction.onerror = () => resolve(false);
      transaction.onabort = () => resolve(false);
      work(transaction.objectStore(store));
      // Without waiting for what the page says to it: it may be gone by then.
      if (mode === "readwrite" && commits) transaction.commit();
    } catch {
      opened = undefined;
      handle = undefined;
      resolve(false);
    }
  });
}

/** Reads somebody's records, and deletes everybody's that are too old. */
async function read(of: string): Promise<readonly Sealed[]> {
  const from = await connect();
  if (!from) return [];
  const found: Sealed[] = [];
  await done(
    from,
    "readwrite",
    (records) => {
      const cursor = records.openCursor();
      cursor.onsuccess = () => {
        const at = cursor.result;
        if (!at) return;
        const record = at.value as Sealed;
        if (Date.now() - record.at > longest) at.delete();
        else if (record.person === of) found.push(record);
        at.continue();
      };
    },
    false,
  );
  const sorted = found.sort((a, b) => b.at - a.at);
  // Unsent comments stay, whatever there is besides.
  const goes = new Set(sorted.slice(most).filter(({ name }) => !name.startsWith("outbox ")));
  for (const { name } of goes) unwritten.add(name);
  return sorted.filter((record) => !goes.has(record));
}

/** The time that others' entries of the version before wait for them, in ms, from when they were seen first: they are in plain text. */
const longestBefore = 14 * 24 * 60 * 60 * 1000;
const keyBefore = "messaging.before";

// There was one draft of a new conversation, whoever it was for.
const draftName = (name: string, value: unknown) => (name === "new" ? `new ${(value as { id: string }).id}` : name);

/** The version before kept drafts and unsent comments in plain text. @returns Under which names it did, to be removed when it is written down. */
function takeOver(of: string): string[] {
  const draft = `messaging.draft.${of}.`;
  const box = `messaging.outbox.${of}`;
  const names = Object.keys(localStorage).filter((name) => /^messaging\.(draft|outbox)\./.test(name));
  const taken = names.filter((name) => name.startsWith(draft) || name === box);
  for (const name of taken) {
    try {
      const value = JSON.parse(localStorage.getItem(name) ?? "null") as unknown;
      const found =
        name === box
          ? (value as { id: string }[]).map((each) => [nameOf("outbox", each.id), { ...each, failed: undefined }] as const)
          : [[nameOf("draft", draftName(name.slice(draft.length), value)), value] as const];
      for (const [full, each] of found) {
        if (!entries.has(full)) entries.set(full, { value: each, at: Date.now() });
        unwritten.add(full);
      }
    } catch {
      // Not what was kept there.
    }
  }

  // Of others, who may come back.
  const seen = Number(localStorage.getItem(keyBefore) ?? Date.now());
  const late = Date.now() - seen > longestBefore;
  if (taken.length === names.length || late) localStorage.removeItem(keyBefore);
  else localStorage.setItem(keyBefore, `${seen}`);
  return late ? names : taken;
}

channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
  if (data.person !== person) return;
  if (data.entry) entries.set(data.name, data.entry);
  else entries.delete(data.name);
  unwritten.delete(data.name);
  changed();
});

addEventListener("pagehide", leave);
addEventListener("pageshow", comeBack);
addEventListener("storage", (event) => void takeUpOfTab(event));
