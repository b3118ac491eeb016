import { useCallback, useMemo } from "react";
import { useClient } from "urql";
import { newId } from "../../api/ids";
import { useStore } from "../../api/Store";
import { DiscardFileDocument, type FilePartsFragment } from "../../gql/pages/graphql";
import type { UploadFailed } from "./upload";
import { forgetUpload, type KeptFile, stateOf, upload, uploadAgain, uploads } from "./uploads";

export type { KeptFile };

/** The most files that a comment may have. */
export const mostFiles = 20;

/** A file of what somebody writes: on the server, on its way there, or not arrived. */
export interface Attachment extends KeptFile {
  /** The part that is sent, 0 to 1. */
  progress: number;
  failed?: UploadFailed["reason"] | "lost" | undefined;
  /** Whether it can be tried again: only where it was chosen. */
  mayRetry: boolean;
}

/** A file as a draft has it now: an uploaded one, or one as the version before kept it. */
export const keptFile = (file: KeptFile | FilePartsFragment): KeptFile =>
  "key" in file ? file : { key: file.id, name: file.name, size: file.size, uploaded: file };

/**
 * The files of what somebody writes: each is uploaded as soon as it is added, so that sending needs no waiting; also when one looks elsewhere meanwhile.
 * @param draft The name of the draft.
 * @param kept Those that the draft has.
 * @param change Changes those.
 */
export function useAttachments(
  draft: string,
  kept: readonly (KeptFile | FilePartsFragment)[],
  change: (next: (before: readonly KeptFile[]) => KeptFile[]) => void,
) {
  const client = useClient();
  const version = useStore(uploads);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is on its way changes with the version.
  const attachments = useMemo<readonly Attachment[]>(
    () =>
      kept.map(keptFile).map((file) => {
        if (file.uploaded) return { ...file, progress: 1, mayRetry: false };
        const { progress, failed, here } = stateOf(file.key);
        return { ...file, progress, failed, mayRetry: here && failed !== undefined && failed !== "INVALID" };
      }),
    [kept, version],
  );

  /** @returns How many were too many. */
  const add = useCallback(
    (files: readonly File[]) => {
      const room = Math.max(mostFiles - kept.length, 0);
      const added = files.slice(0, room).map((file) => ({ key: newId(), name: file.name, size: file.size, file }));
      change((before) => [...before, ...added.map(({ file: _, ...each }) => each)]);
      for (const { key, file } of added) upload(draft, key, file);
      return files.length - added.length;
    },
    [draft, kept, change],
  );

  const remove = useCallback(
    (key: string) => {
      forgetUpload(key);
      // The server needs not keep for a day what nobody wants to send. What did arrive with a comment it does not let go.
      const uploaded = kept.map(keptFile).find((each) => each.key === key)?.uploaded;
      if (uploaded) void client.mutation(DiscardFileDocument, { input: { id: uploaded.id } }).toPromise();
      change((before) => before.filter((each) => each.key !== key));
    },
    [change, client, kept],
  );

  const retry = useCallback(({ key }: Attachment) => uploadAgain(key), []);

  const files = attachments.flatMap(({ uploaded }) => uploaded ?? []);
  const failed = attachments.filter((each) => each.failed);
  const busy = attachments.some((each) => !each.uploaded && !each.failed);
  return { attachments, files, failed, busy, add, remove, retry };
}
