import { Avatar, Button, Divider, Group, Text } from "@mantine/core";
import { IconAlertCircle, IconClock, IconLock } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { authorName, isViewer } from "../../../conversation/author";
import { StatusBadge } from "../../../conversation/StatusBadge";
import type { AuthorFragment, CommentPartsFragment } from "../../../gql/pages/graphql";
import { dayName } from "../../../ui/instants";
import { PlainText } from "../../../ui/PlainText";
import { Time } from "../../../ui/Time";
import { Files } from "../../files";
import { type Colleague, partsWith } from "../compose/mentions";
import { isOutdated, isPassing, type Pending } from "../compose/outbox";
import classes from "./CommentItem.module.css";

/** Of which side somebody is. */
const isOfficeSide = (author: AuthorFragment) => author.__typename !== "Contact";

interface Props {
  comment: CommentPartsFragment;
  viewerId: string;
  /** Whether it is the first one of its day. */
  newDay: boolean;
  /** Whether it is the first one that the viewer had not read. */
  firstNew: boolean;
}

/** A comment: who wrote it, when, what, and its files. */
export const CommentItem = memo(function CommentItem({ comment, viewerId, newDay, firstNew }: Props) {
  const { t, i18n } = useTranslation();
  const { author, body, createdAt, files, mentions, visibility } = comment;
  const name = authorName(t, author);
  const internal = visibility === "INTERNAL";
  return (
    <>
      {newDay && <Divider className={classes.day} label={dayName(Date.parse(createdAt), i18n.language)} />}
      {firstNew && <Divider className={classes.new} label={t("conversations.comments.new")} labelPosition="right" />}
      <article
        className={classes.comment}
        data-internal={internal || undefined}
        data-own={isViewer(author, viewerId) || undefined}
        aria-label={`${internal ? `${t("conversations.comments.internal")}, ` : ""}${name}`}
      >
        <Avatar size={32} radius="xl" name={name} color="initials" aria-hidden />
        <div className={classes.content}>
          <div className={classes.head}>
            <Text component="span" fw={600}>
              {name}
            </Text>
            {internal ? (
              <span className={classes.internal}>
                <IconLock size={12} aria-hidden /> {t("conversations.comments.internalLabel")}
              </span>
            ) : (
              <Text component="span" size="xs" c="dimmed">
                {t(isOfficeSide(author) ? "conversations.comments.office" : "conversations.comments.customer")}
              </Text>
            )}
            <Text component="span" size="xs" c="dimmed" className={classes.time}>
              <Time at={createdAt} />
            </Text>
          </div>
          {body !== "" && (
            <div className={classes.body}>
              <MentioningText text={body} mentions={mentions} viewerId={viewerId} />
            </div>
          )}
          <Files files={files} />
        </div>
      </article>
    </>
  );
});

/** A text, in which whoever is mentioned is marked. Those who are called something else by now are named below. */
function MentioningText({ text, mentions, viewerId }: { text: string; mentions: readonly Colleague[]; viewerId: string }) {
  const { t } = useTranslation();
  const parts = partsWith(text, mentions);
  const others = mentions.filter(({ id, displayName }) =>
    parts.every(({ mentioned }) => mentioned?.id !== id && mentioned?.displayName !== displayName),
  );
  return (
    <>
      {parts.map(({ at, text: part, mentioned }) =>
        mentioned ? (
          <mark key={at} className={classes.mention} data-me={mentioned.id === viewerId || undefined}>
            {part}
          </mark>
        ) : (
          <PlainText key={at} text={part} />
        ),
      )}
      {others.length > 0 && (
        <Text size="xs" c="dimmed">
          {t("conversations.mentions.others", { names: others.map(({ displayName }) => displayName).join(", ") })}
        </Text>
      )}
    </>
  );
}

interface PendingProps {
  comment: Pending;
  name: string;
  retry: () => void;
  edit: () => void;
  discard: () => void;
}

/** A comment on its way, or one that did not go, with what can be done about it. */
export function PendingItem({ comment, name, retry, edit, discard }: PendingProps) {
  const { t } = useTranslation();
  const { body, visibility, files, failed, about, status } = comment;
  const internal = visibility === "INTERNAL";
  const passes = isPassing(comment);
  const outdated = isOutdated(comment);
  const why =
    failed &&
    (outdated
      ? t("conversations.status.conflict")
      : failed === "network" || failed === "server" || failed === "busy" || failed === "signedOut"
        ? t(`conversations.outbox.why.${failed}`)
        : about === "fileIds" || about === "body" || about === "mentions"
          ? t(`conversations.refusal.${about}`)
          : t(`common.refusal.${failed}`));
  return (
    <article
      className={classes.comment}
      data-internal={internal || undefined}
      data-own
      data-pending={failed ? "failed" : "sending"}
      aria-label={name}
    >
      <Avatar size={32} radius="xl" name={name} color="initials" aria-hidden />
      <div className={classes.content}>
        <div className={classes.head}>
          <Text component="span" fw={600}>
            {name}
          </Text>
          {internal && (
            <span className={classes.internal}>
              <IconLock size={12} aria-hidden /> {t("conversations.comments.internalLabel")}
            </span>
          )}
          <Text
            component="span"
            size="xs"
            className={classes.time}
            c={failed ? "var(--mantine-color-error)" : "dimmed"}
            role="status"
          >
            <Group component="span" gap={4} display="inline-flex">
              {failed ? <IconAlertCircle size={13} aria-hidden /> : <IconClock size={13} aria-hidden />}
              {t(failed ? "conversations.comments.failed" : "conversations.comments.sending")}
            </Group>
          </Text>
          {status && <StatusBadge status={status} />}
        </div>
        {body !== "" && (
          <div className={classes.body}>
            <PlainText text={body} />
          </div>
        )}
        {/* Its thumbnails are there for everybody when it has arrived. */}
        <Files files={files.map((file) => ({ ...file, thumbnailUrl: null }))} />
        {failed && (
          <Group gap="xs" mt={6}>
            <Text size="xs" c="dimmed">
              {why} {passes && t("conversations.outbox.again")}
            </Text>
            <Button size="compact-xs" onClick={retry}>
              {outdated && status
                ? t("conversations.status.anyway", { status: t(`conversations.status.${status}`) })
                : t("conversations.comments.retry")}
            </Button>
            <Button size="compact-xs" variant="default" onClick={edit}>
              {t("conversations.comments.edit")}
            </Button>
            <Button size="compact-xs" variant="subtle" color="red" onClick={discard}>
              {t("conversations.comments.discard")}
            </Button>
          </Group>
        )}
      </div>
    </article>
  );
}
