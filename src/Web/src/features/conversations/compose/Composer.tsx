import { Button, SegmentedControl, Text, Textarea } from "@mantine/core";
import { getHotkeyHandler, useHotkeys } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { type Ref, useCallback, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "urql";
import { newId } from "../../../api/ids";
import { useViewer } from "../../../api/session";
import {
  AnnounceWritingDocument,
  type CommentVisibility,
  type ConversationStatus,
  type FilePartsFragment,
} from "../../../gql/pages/graphql";
import { mayManage } from "../may";
import { AddFiles, useAddFiles } from "./AddFiles";
import { Attachments } from "./Attachments";
import classes from "./compose.module.css";
import { useDraft } from "./drafts";
import type { Pending } from "./outbox";
import { useAttachments } from "./useAttachments";

/** The longest comment, in characters. */
const longest = 20_000;

/** How often it is said that somebody is writing, in ms; it counts for twice that. */
const announceEvery = 3_000;

interface Draft {
  body: string;
  visibility: CommentVisibility;
  files: FilePartsFragment[];
}

const empty: Draft = { body: "", visibility: "PUBLIC", files: [] };
const isEmpty = ({ body, files }: Draft) => body.trim() === "" && files.length === 0;

/** What else can be done with a composer. */
export interface ComposerHandle {
  /** Puts a comment that did not go back in, to change it. */
  edit: (comment: Pending) => void;
}

interface Props {
  conversationId: string;
  status: ConversationStatus;
  send: (comment: Pending) => void;
  ref?: Ref<ComposerHandle>;
}

/** Writes a comment or, in the office, an internal note. */
export function Composer({ conversationId, status, send, ref }: Props) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const client = useClient();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, change] = useDraft(conversationId, empty, isEmpty);
  const keep = useCallback((files: FilePartsFragment[]) => change({ files }), [change]);
  const { attachments, files, busy, add, remove, retry, clear, replace } = useAttachments(draft.files, keep);
  const addFiles = useAddFiles(add);
  const [problem, setProblem] = useState<string>();
  const announced = useRef(0);

  const office = mayManage(viewer);
  const internal = office && draft.visibility === "INTERNAL";

  const announce = (writing: boolean) => {
    const now = Date.now();
    if (writing ? now - announced.current < announceEvery : announced.current === 0) return;
    announced.current = writing ? now : 0;
    // Whether anybody hears of it does not matter to whoever writes.
    void client
      .mutation(AnnounceWritingDocument, { input: { conversationId, visibility: draft.visibility, writing } })
      .toPromise();
  };

  const submit = () => {
    const body = draft.body.trim();
    if (busy) return setProblem(t("conversations.comments.wait"));
    if (!body) {
      field.current?.focus();
      return setProblem(t("conversations.comments.needText"));
    }
    if (body.length > longest) return setProblem(t("conversations.comments.tooLong"));
    setProblem(undefined);
    announced.current = 0;
    send({ id: newId(), conversationId, body, visibility: internal ? "INTERNAL" : "PUBLIC", files, at: Date.now() });
    change({ ...empty, visibility: draft.visibility });
    clear();
    field.current?.focus();
  };

  const write = (visibility: CommentVisibility) => {
    change({ visibility });
    field.current?.focus();
  };
  useHotkeys([
    ["r", () => write("PUBLIC")],
    ["n", () => office && write("INTERNAL")],
  ]);
  useImperativeHandle(ref, () => ({
    edit: ({ body, visibility, files: of }) => {
      change((before) => ({ ...before, visibility, body: [body, before.body].filter(Boolean).join("\n\n") }));
      replace(of);
      field.current?.focus();
    },
  }));

  return (
    <form
      className={classes.composer}
      data-internal={internal || undefined}
      aria-label={t(internal ? "conversations.comments.writeNote" : "conversations.comments.write")}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {office && (
        <SegmentedControl
          size="xs"
          w="fit-content"
          aria-label={t("conversations.comments.kind")}
          value={draft.visibility}
          onChange={(visibility) => change({ visibility: visibility as CommentVisibility })}
          data={[
            { value: "PUBLIC", label: t("conversations.comments.public") },
            {
              value: "INTERNAL",
              label: (
                <span style={{ display: "inline-flex", gap: 5, alignItems: "center" }}>
                  <IconLock size={13} aria-hidden />
                  {t("conversations.comments.internal")}
                </span>
              ),
            },
          ]}
        />
      )}
      <Textarea
        ref={field}
        autosize
        minRows={2}
        maxRows={12}
        classNames={{ input: classes.field }}
        aria-label={t(internal ? "conversations.comments.writeNote" : "conversations.comments.write")}
        placeholder={t(internal ? "conversations.comments.writeNote" : "conversations.comments.write")}
        value={draft.body}
        error={problem}
        onChange={(event) => {
          change({ body: event.currentTarget.value });
          setProblem(undefined);
          announce(event.currentTarget.value.trim() !== "");
        }}
        onBlur={() => {
          if (draft.body.trim() === "") announce(false);
        }}
        onKeyDown={getHotkeyHandler([
          ["mod+Enter", submit],
          ["Escape", () => field.current?.blur()],
        ])}
      />
      <Attachments attachments={attachments} remove={remove} retry={retry} />
      <div className={classes.foot}>
        <AddFiles add={addFiles} />
        <Text size="xs" c="dimmed" flex={1} miw={0} truncate>
          {viewer.role === "CUSTOMER" && status !== "OPEN" && t("conversations.comments.reopens")}
        </Text>
        <Button type="submit" size="sm" color={internal ? "#8a5a00" : undefined}>
          {t(internal ? "conversations.comments.submitNote" : "conversations.comments.submit")}
        </Button>
      </div>
    </form>
  );
}
