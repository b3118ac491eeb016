import { Button, SegmentedControl, Text, Textarea } from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import { IconLock } from "@tabler/icons-react";
import { type Ref, useCallback, useEffect, useEffectEvent, useImperativeHandle, useRef, useState } from "react";
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
import { useKeys } from "../../../ui/keys";
import { isVisible } from "../../../ui/visible";
import { AddFiles, Attachments, type KeptFile, keptFile, useAddFiles, useAttachments, usePaste } from "../../files";
import { mayManage } from "../may";
import { useAdministrators } from "../useAdministrators";
import classes from "./Composer.module.css";
import { useDraft } from "./drafts";
import { MentionList, useMentions } from "./Mentions";
import mentionClasses from "./Mentions.module.css";
import { mentionsIn } from "./mentions";
import { outbox, type Pending } from "./outbox";
import { ReachesNobody } from "./ReachesNobody";
import { StaysAnswered } from "./StaysAnswered";

/** The longest comment, in characters. */
const longest = 20_000;

/** The interval in which writing is announced, in ms; it counts for twice that. */
const announceEvery = 3_000;

/** The statuses that a comment is offered to be written with. */
const together = ["ATTENTION", "ANSWERED"] as const satisfies ConversationStatus[];

interface Draft {
  /** Of the comment to be: one that is changed after it did not go has the id that it had, for it may have arrived. */
  id?: string | undefined;
  body: string;
  visibility: CommentVisibility;
  files: (KeptFile | FilePartsFragment)[];
  /** The ids of those who were chosen after an @. */
  chosen?: readonly string[] | undefined;
}

const empty: Draft = { body: "", visibility: "PUBLIC", files: [] };
const isEmpty = ({ body, files }: Draft) => !isVisible(body) && files.length === 0;

/** The composer's handle for its page. */
export interface ComposerHandle {
  /** Puts a comment that did not go back in, to change it. */
  edit: (comment: Pending) => void;
}

interface Props {
  conversationId: string;
  status: ConversationStatus;
  /** The conversation's version that is shown. */
  version: number;
  customer: { name: string; hasActiveContacts: boolean };
  send: (comment: Pending) => void;
  /** Goes to what one writes about. */
  leave: () => void;
  ref?: Ref<ComposerHandle>;
}

/** Writes a comment or, in the office, an internal note. */
export function Composer({ conversationId, status, version, customer, send, leave, ref }: Props) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const client = useClient();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, change] = useDraft(conversationId, empty, isEmpty);
  const changeFiles = useCallback(
    (next: (before: readonly KeptFile[]) => KeptFile[]) =>
      change((before) => ({ ...before, files: next(before.files.map(keptFile)) })),
    [change],
  );
  const { attachments, files, failed, busy, add, remove, retry } = useAttachments(conversationId, draft.files, changeFiles);
  const addFiles = useAddFiles(add);
  const paste = usePaste(addFiles, attachments);
  const form = useRef<HTMLFormElement>(null);
  /** Whether it is sent as soon as its files are there. */
  const [waiting, setWaiting] = useState<{ status?: ConversationStatus | undefined }>();
  /** Whether the author is asked what becomes of a conversation that is answered already. */
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const announced = useRef(0);

  const office = mayManage(viewer);
  const internal = office && draft.visibility === "INTERNAL";
  const administrators = useAdministrators();
  const mentions = useMentions({
    enabled: internal,
    body: draft.body,
    field,
    choose: ({ id }, body) => change((before) => ({ ...before, body, chosen: [...(before.chosen ?? []), id] })),
  });

  const announce = (writing: boolean) => {
    const now = Date.now();
    if (writing ? now - announced.current < announceEvery : announced.current === 0) return;
    announced.current = writing ? now : 0;
    // A failure does not matter to the author.
    void client
      .mutation(AnnounceWritingDocument, { input: { conversationId, visibility: draft.visibility, writing } })
      .toPromise();
  };

  const submit = (next?: ConversationStatus) => {
    // A comment of files needs no text.
    const body = isVisible(draft.body) ? draft.body.trim() : "";
    if (body === "" && draft.files.length === 0) {
      field.current?.focus();
      return setProblem(t("conversations.comments.needText"));
    }
    if ([...body].length > longest) return setProblem(t("conversations.comments.tooLong"));
    // The text never goes without its files.
    if (failed.length > 0) return setProblem(t("conversations.comments.failedFiles", { count: failed.length }));
    setProblem(undefined);
    // What the office writes after the end may be a question: then somebody is to answer it.
    if (office && !internal && status === "ANSWERED" && next === undefined) return setAsking(true);
    setAsking(false);
    if (busy) return setWaiting({ status: next });
    announced.current = 0;
    // In this order both are written down at once: after a crash it is in one place, and not in both.
    change({ ...empty, id: undefined, chosen: undefined, visibility: draft.visibility });
    send({
      id: draft.id ?? newId(),
      conversationId,
      body,
      visibility: internal ? "INTERNAL" : "PUBLIC",
      files,
      mentions: internal ? mentionsIn(body, administrators, draft.chosen ?? []) : [],
      at: Date.now(),
      status: next,
      // Comments of one's own that are still on their way change the version, and what they say is known to their author.
      expectedVersion: next && !outbox().some((each) => each.conversationId === conversationId) ? version : undefined,
    });
    field.current?.focus();
  };
  const submitNow = useEffectEvent(submit);
  const refused = failed.length > 0;
  useEffect(() => {
    if (!waiting || (busy && !refused)) return;
    setWaiting(undefined);
    submitNow(waiting.status);
  }, [waiting, busy, refused]);

  // A key says who may read what is about to be written, never of what is there already.
  const write = (visibility: CommentVisibility) => {
    if (isEmpty(draft)) change({ visibility });
    field.current?.focus();
  };
  useKeys({
    r: () => write("PUBLIC"),
    n: () => office && write("INTERNAL"),
  });
  useImperativeHandle(ref, () => ({
    edit: ({ id, body, visibility, files: of, mentions: mentioned }) => {
      change((before) => ({
        // Beside a text that is there already it is another comment.
        id: isEmpty(before) ? id : undefined,
        visibility: isEmpty(before) || before.visibility === "PUBLIC" ? visibility : before.visibility,
        body: [body, before.body].filter(Boolean).join("\n\n"),
        files: [...of.map(keptFile), ...before.files],
        chosen: [...(mentioned ?? []), ...(before.chosen ?? [])],
      }));
      field.current?.focus();
    },
  }));

  return (
    <form
      ref={form}
      tabIndex={-1}
      onPaste={paste}
      onKeyDown={(event) => {
        if (event.key === "Escape" && event.target === event.currentTarget) leave();
      }}
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
      {office && !internal && !customer.hasActiveContacts && <ReachesNobody customer={customer.name} />}
      <div className={mentionClasses.field}>
        <MentionList {...mentions} />
        <Textarea
          ref={field}
          aria-autocomplete={internal ? "list" : undefined}
          aria-controls={mentions.open ? mentions.listId : undefined}
          aria-activedescendant={mentions.open ? mentions.optionId(mentions.current) : undefined}
          description={internal ? t("conversations.mentions.hint") : undefined}
          inputWrapperOrder={["label", "input", "description", "error"]}
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
            mentions.look(event.currentTarget.value, event.currentTarget.selectionStart);
            setProblem(undefined);
            setAsking(false);
            announce(isVisible(event.currentTarget.value));
          }}
          onBlur={() => {
            mentions.close();
            if (!isVisible(draft.body)) announce(false);
          }}
          onKeyDown={(event) => {
            const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.nativeEvent.isComposing);
            if (plain && mentions.press(event.key)) return event.preventDefault();
            getHotkeyHandler([
              ["mod+Enter", () => submit()],
              // Not to the page, where the next key would be one of its own: once more goes there.
              ["Escape", () => form.current?.focus()],
            ])(event);
          }}
        />
      </div>
      <Attachments
        attachments={attachments}
        // The comment is no longer what was to be sent: the author sends it again.
        remove={(key) => {
          setWaiting(undefined);
          remove(key);
        }}
        retry={retry}
      />
      {asking && (
        <StaysAnswered
          choose={submit}
          leave={() => {
            setAsking(false);
            field.current?.focus();
          }}
        />
      )}
      <div className={classes.foot}>
        <AddFiles add={addFiles} />
        <Text size="xs" c="dimmed" flex={1} miw={0} truncate>
          {viewer.role === "CUSTOMER" && status !== "OPEN" && t("conversations.comments.reopens")}
        </Text>
        {waiting && (
          <Text size="xs" role="status">
            {t("conversations.comments.waiting")}
          </Text>
        )}
        {office &&
          !internal &&
          together.map((next) => (
            <Button
              key={next}
              size="sm"
              variant="default"
              disabled={waiting !== undefined}
              aria-label={t(`conversations.comments.submitAnd.${next}`)}
              onClick={() => submit(next)}
            >
              {t(`conversations.comments.and.${next}`)}
            </Button>
          ))}
        <Button type="submit" size="sm" loading={waiting !== undefined} color={internal ? "#8a5a00" : undefined}>
          {t(internal ? "conversations.comments.submitNote" : "conversations.comments.submit")}
        </Button>
      </div>
    </form>
  );
}
