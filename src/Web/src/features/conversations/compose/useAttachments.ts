import { useCallback, useEffect, useRef, useState } from "react";
import { newId } from "../../../api/ids";
import { UploadFailed, uploadFile } from "../../../api/upload";
import type { FilePartsFragment } from "../../../gql/pages/graphql";

/** The most files that a comment may have. */
export const mostFiles = 20;

/** A file on its way to the server, or there. */
export interface Attachment {
  key: string;
  name: string;
  size: number;
  /** The part that is sent, 0 to 1. */
  progress: number;
  uploaded?: FilePartsFragment | undefined;
  failed?: UploadFailed["reason"] | undefined;
  /** To try again; not there for one from a draft. */
  file?: File | undefined;
}

const fromDraft = (uploaded: FilePartsFragment): Attachment => ({
  key: uploaded.id,
  name: uploaded.name,
  size: uploaded.size,
  progress: 1,
  uploaded,
});

/**
 * The files of what somebody writes: each is uploaded as soon as it is added, so that sending needs no waiting.
 * @param kept Those of the draft.
 * @param keep Is told of those that are on the server, for the draft.
 */
export function useAttachments(kept: readonly FilePartsFragment[], keep: (files: FilePartsFragment[]) => void) {
  const [attachments, setAttachments] = useState<readonly Attachment[]>(() => kept.map(fromDraft));
  const uploads = useRef(new Map<string, AbortController>());
  const latestKeep = useRef(keep);
  const latest = useRef(attachments);
  useEffect(() => {
    latestKeep.current = keep;
  });

  const set = useCallback((next: (before: readonly Attachment[]) => readonly Attachment[]) => {
    latest.current = next(latest.current);
    setAttachments(latest.current);
    latestKeep.current(latest.current.flatMap(({ uploaded }) => uploaded ?? []));
  }, []);

  const upload = useCallback(
    async (key: string, file: File) => {
      const change = (of: Partial<Attachment>) =>
        set((before) => before.map((each) => (each.key === key ? { ...each, ...of } : each)));
      const abort = new AbortController();
      uploads.current.set(key, abort);
      try {
        const uploaded = await uploadFile(file, (progress) => change({ progress }), abort.signal);
        change({ uploaded, progress: 1, name: uploaded.name, size: uploaded.size });
      } catch (error) {
        if (!abort.signal.aborted) change({ failed: error instanceof UploadFailed ? error.reason : "server" });
      } finally {
        uploads.current.delete(key);
      }
    },
    [set],
  );

  /** @returns How many were too many. */
  const add = useCallback(
    (files: readonly File[]) => {
      const room = Math.max(mostFiles - latest.current.length, 0);
      const added = files.slice(0, room).map((file) => ({ key: newId(), name: file.name, size: file.size, progress: 0, file }));
      set((before) => [...before, ...added]);
      for (const { key, file } of added) void upload(key, file);
      return files.length - added.length;
    },
    [set, upload],
  );

  const remove = useCallback(
    (key: string) => {
      uploads.current.get(key)?.abort();
      set((before) => before.filter((each) => each.key !== key));
    },
    [set],
  );

  const retry = useCallback(
    ({ key, file }: Attachment) => {
      if (!file) return;
      set((before) => before.map((each) => (each.key === key ? { ...each, failed: undefined, progress: 0 } : each)));
      void upload(key, file);
    },
    [set, upload],
  );

  const clear = useCallback(() => set(() => []), [set]);
  const replace = useCallback(
    (files: readonly FilePartsFragment[]) => set((before) => [...files.map(fromDraft), ...before]),
    [set],
  );

  useEffect(() => {
    const running = uploads.current;
    return () => {
      for (const abort of running.values()) abort.abort();
    };
  }, []);

  const files = attachments.flatMap(({ uploaded }) => uploaded ?? []);
  const busy = attachments.some(({ uploaded, failed }) => !uploaded && !failed);
  return { attachments, files, busy, add, remove, retry, clear, replace };
}
