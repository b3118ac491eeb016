import { EmptyState, Skeleton, Text } from "@mantine/core";
import { IconHourglassEmpty } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { CombinedError } from "urql";
import { authorName } from "../../conversation/author";
import { StatusBadge } from "../../conversation/StatusBadge";
import type { PastConversationFragment } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { useOfficeTime } from "../../ui/officeTime";
import { Files } from "../files";
import { changes } from "./changes";
import classes from "./History.module.css";

interface Props {
  conversation: PastConversationFragment | null | undefined;
  /** Null before the first event; undefined while it is not known. */
  previous: PastConversationFragment | null | undefined;
  at?: string;
  fetching: boolean;
  error?: CombinedError;
  again: () => void;
}

/** The conversation as it was then, with what the event changed marked. */
export function Past({ conversation, previous, at, fetching, error, again }: Props) {
  const { t } = useTranslation();
  const { exact } = useOfficeTime();
  if (error) return <Failed error={error} retry={again} />;
  if (!conversation)
    return fetching || conversation === undefined ? (
      <Skeleton h={300} role="status" aria-label={t("common.loading")} />
    ) : (
      <EmptyState
        p="xl"
        icon={<IconHourglassEmpty stroke={1.5} />}
        title={t("history.past.notYet")}
        description={t("history.past.notYetText")}
      />
    );

  const changed = previous === undefined ? undefined : changes(conversation, previous);
  const comments = conversation.comments.nodes;
  const older = conversation.commentCount - comments.length;
  const notify = (all: boolean) => t(all ? "history.past.all" : "history.past.some");
  return (
    <section className={classes.past} aria-label={t("history.past.label")} aria-busy={fetching}>
      <Text size="sm" c="dimmed" mb="xs">
        {at ? t("history.past.at", { at: exact(at) }) : t("history.past.after", { version: conversation.version })}
      </Text>
      <dl className={classes.fields}>
        <Field
          name={t("conversations.status.label")}
          before={changed?.status && previous && <StatusBadge status={previous.status} />}
        >
          <StatusBadge status={conversation.status} />
        </Field>
        <Field
          name={t("history.past.awaiting")}
          before={changed?.awaiting && previous && t(`history.awaiting.${previous.awaiting}`)}
        >
          {t(`history.awaiting.${conversation.awaiting}`)}
        </Field>
        <Field
          name={t("history.past.responsible")}
          before={changed?.responsible && previous && (previous.responsibleAdministrator?.displayName ?? t("common.nobody"))}
        >
          {conversation.responsibleAdministrator?.displayName ?? t("common.nobody")}
        </Field>
        <Field
          name={t("history.past.notify")}
          before={changed?.notifyAll && previous && notify(previous.notifyAllAdministrators)}
        >
          {notify(conversation.notifyAllAdministrators)}
        </Field>
      </dl>
      <Text component="h2" fw={620} mt="md" mb="xs">
        {t("history.past.comments", { count: conversation.commentCount })}
      </Text>
      {older > 0 && (
        <Text size="sm" c="dimmed" mb="xs">
          {t("history.past.older", { count: older })}
        </Text>
      )}
      <ol className={classes.comments}>
        {comments.toReversed().map(({ id, author, body, excerpt, createdAt, visibility, files }) => (
          <li key={id} className={classes.comment} data-visibility={visibility} data-new={changed?.comments.has(id) || undefined}>
            <Text size="xs" c="dimmed">
              <b>{authorName(t, author)}</b>
              {" · "}
              <time dateTime={createdAt}>{exact(createdAt)}</time>
              {visibility === "INTERNAL" && ` · ${t("history.past.note")}`}
              {changed?.comments.has(id) && <ins className={classes.mark}>{t("history.past.new")}</ins>}
            </Text>
            <Text size="sm" className={classes.body}>
              {body || (files.length === 0 && excerpt)}
            </Text>
            <Files files={files} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A field, and what it was one event before where that differs. */
function Field({ name, before, children }: { name: string; before?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.field} data-changed={before ? true : undefined}>
      <dt>{name}</dt>
      <dd>
        {before && (
          <>
            <del>{before}</del>
            <span aria-hidden="true">→</span>
          </>
        )}
        {before ? <ins>{children}</ins> : children}
      </dd>
    </div>
  );
}
