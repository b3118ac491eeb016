import { keep, kept, onKept } from "../../api/kept";
import { onConnected } from "../../api/live";
import { Store } from "../../api/Store";
import { onSession, session, sessionEnd } from "../../api/session";
import { setUnfinished } from "../../api/unfinished";
import type { FilePartsFragment } from "../../gql/pages/graphql";
import { UploadFailed, uploadFile } from "./upload";

/** A file of a draft, as it is kept: on the server, or not there yet. */
export interface KeptFile {
  key: string;
  name: string;
  size: number;
  uploaded?: FilePartsFragment | undefined;
}

/** An upload in the tab that has the file. */
interface Run {
  file: File;
  draft: string;
  /** The part that is sent, 0 to 1. */
  progress: number;
  failed?: UploadFailed["reason"] | undefined;
  abort?: AbortController | undefined;
}

/** An upload in another tab, and when it was last heard of, in ms since 1970. */
interface Elsewhere {
  progress: number;
  failed?: UploadFailed["reason"] | undefined;
  at: number;
}

type Message = { key: string; progress: number; failed?: UploadFailed["reason"] | undefined };

/** The interval in which a tab tells of its uploads, and the silence after which it is gone; in ms. */
const everyWord = 1_000;
const silence = 4_000;

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("messaging.uploads");
const runs = new Map<string, Run>();
const elsewhere = new Map<string, Elsewhere>();
/** A number that changes whenever anything about the files on their way does. */
class Uploads extends Store<number> {
  #wait: ReturnType<typeof setTimeout> | undefined;

  protected override begin() {
    // Until the others had time to say so, a file of theirs is not known to be lost.
    this.#wait = setTimeout(changed, Math.max(started + silence + 100 - Date.now(), 0));
  }

  protected override end() {
    clearTimeout(this.#wait);
  }
}

export const uploads = new Uploads(0);

/** Since when this tab listens to the others, in ms since 1970. */
const started = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function changed() {
  setUnfinished(runs.size);
  if (runs.size > 0) timer ??= setInterval(say, everyWord);
  else if (timer) {
    clearInterval(timer);
    timer = undefined;
  }
  uploads.set(uploads.get() + 1);
}

const say = () => {
  for (const [key, { progress, failed }] of runs) channel?.postMessage({ key, progress, failed } satisfies Message);
};

channel?.addEventListener("message", ({ data: { key, progress, failed } }: MessageEvent<Message>) => {
  elsewhere.set(key, { progress, failed, at: Date.now() });
  changed();
  // A tab that is silent for so long is gone.
  setTimeout(changed, silence + 100);
});

/** The person whose files these are. */
let person = session()?.viewer.id;

// Nothing of what somebody had chosen is left after signing out. When their session ended by itself they come back, and so it waits for them.
onSession(() => {
  const viewer = session()?.viewer.id;
  if (viewer && viewer === person) return again();
  if (!viewer && sessionEnd() === "expired") {
    for (const run of runs.values()) fail(run, "network");
    return changed();
  }
  person = viewer;
  for (const { abort } of runs.values()) abort?.abort();
  runs.clear();
  elsewhere.clear();
  changed();
});

// Uploads that the network interrupted go on when it is back.
addEventListener("online", () => again());
onConnected(() => again());

function again() {
  if (session()) for (const [key, { failed }] of runs) if (failed === "network") uploadAgain(key);
}

function fail(run: Run, reason: UploadFailed["reason"]) {
  run.abort?.abort();
  run.abort = undefined;
  run.failed ??= reason;
}

/** The state of a file that is not on the server yet. "lost": no tab has it any more. */
export function stateOf(key: string): { progress: number; failed?: UploadFailed["reason"] | "lost" | undefined; here: boolean } {
  const run = runs.get(key);
  if (run) return { progress: run.progress, failed: run.failed, here: true };
  const there = elsewhere.get(key);
  const heard = Math.max(there?.at ?? 0, started);
  if (Date.now() - heard < silence) return { progress: there?.progress ?? 0, failed: there?.failed, here: false };
  return { progress: 0, failed: "lost", here: false };
}

/** Uploads a file of a draft. It goes on when one looks elsewhere, and the draft knows when it is there. */
export function upload(draft: string, key: string, file: File) {
  const run: Run = { file, draft, progress: 0, ...(file.size === 0 ? { failed: "INVALID" } : { abort: new AbortController() }) };
  runs.set(key, run);
  changed();
  if (run.abort) void send(key, run, run.abort.signal);
}

async function send(key: string, run: Run, signal: AbortSignal) {
  try {
    const uploaded = await uploadFile(
      run.file,
      (progress) => {
        run.progress = progress;
        changed();
      },
      signal,
    );
    if (runs.get(key) !== run) return;
    runs.delete(key);
    const draft = kept<{ files?: KeptFile[] }>("draft", run.draft);
    if (draft?.files?.some((each) => each.key === key))
      keep("draft", run.draft, {
        ...draft,
        files: draft.files.map((each) => (each.key === key ? { key, name: uploaded.name, size: uploaded.size, uploaded } : each)),
      });
    channel?.postMessage({ key, progress: 1 } satisfies Message);
  } catch (error) {
    if (signal.aborted || runs.get(key) !== run) return;
    fail(run, error instanceof UploadFailed ? error.reason : "server");
  }
  changed();
}

/** Tries one again; only the tab that has the file can. */
export function uploadAgain(key: string) {
  const run = runs.get(key);
  if (run) upload(run.draft, key, run.file);
}

/** Lets a file go. */
export function forgetUpload(key: string) {
  runs.get(key)?.abort?.abort();
  runs.delete(key);
  elsewhere.delete(key);
  changed();
}

// A file that was taken out of its draft in another tab is not uploaded any further.
onKept(() => {
  for (const [key, { draft }] of runs) {
    if (!kept<{ files?: KeptFile[] }>("draft", draft)?.files?.some((each) => each.key === key)) forgetUpload(key);
  }
});
