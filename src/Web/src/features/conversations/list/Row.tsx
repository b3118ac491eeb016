import { Avatar, Checkbox, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconCornerUpLeft, IconLock } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { authorName, isViewer } from "../../../conversation/author";
import { StatusBadge } from "../../../conversation/StatusBadge";
import type { ConversationRowFragment } from "../../../gql/graphql";
import { Time } from "../../../ui/Time";
import { focusOnOpen } from "../focus";
import classes from "./Row.module.css";

interface Props {
  row: ConversationRowFragment;
  viewerId: string;
  /** Whether it is the conversation that is shown beside the list. */
  active: boolean;
  /** Whether Tab stops at it: at one of all rows. */
  isStop: boolean;
  /** Whether it is selected; undefined where nothing can be. */
  selected: boolean | undefined;
  /** Whether the customer's name says something: not to the customer. */
  withCustomer: boolean;
  select: (id: string, selected: boolean, range: boolean) => void;
}

/** A conversation in the list. */
export const Row = memo(function Row({ row, viewerId, active, isStop, selected, withCustomer, select }: Props) {
  const { t } = useTranslation();
  const {
    id,
    subject,
    customer,
    status,
    awaiting,
    awaitingSince,
    unreadCommentCount: unread,
    lastComment,
    responsibleAdministrator: responsible,
  } = row;
  const author =
    lastComment && (isViewer(lastComment.author, viewerId) ? t("conversations.row.you") : authorName(t, lastComment.author));
  return (
    <div
      className={classes.row}
      data-active={active || undefined}
      data-unread={unread > 0 || undefined}
      data-selected={selected || undefined}
    >
      <div className={classes.gutter}>
        {unread > 0 && (
          <span className={classes.unread}>
            <VisuallyHidden>{t("conversations.row.unread", { count: unread })}</VisuallyHidden>
          </span>
        )}
        {selected !== undefined && (
          <Checkbox
            className={classes.check}
            size="xs"
            checked={selected}
            tabIndex={-1}
            aria-label={t("conversations.row.select", { subject })}
            onClick={(event) => select(id, !selected, event.shiftKey)}
            onChange={() => {}}
          />
        )}
      </div>
      <div className={classes.body}>
        <div className={classes.line}>
          <Link
            to="/conversations/$conversationId"
            params={{ conversationId: id }}
            search={true}
            className={classes.link}
            data-conversation={id}
            tabIndex={isStop ? 0 : -1}
            // Opened with a key, the conversation is where one goes on; with a click the focus stays for the next one.
            onClick={({ detail }) => detail === 0 && focusOnOpen(id)}
            aria-current={active ? "page" : undefined}
            activeProps={{}}
          >
            <VisuallyHidden>{t("conversations.row.open")}: </VisuallyHidden>
            {subject}
          </Link>
          <span className={classes.time}>
            <Time at={row.updatedAt} />
          </span>
        </div>
        <div className={classes.line}>
          <span className={classes.preview}>
            {lastComment?.visibility === "INTERNAL" && (
              <IconLock size={12} className={classes.lock} aria-label={t("conversations.row.note")} />
            )}
            {lastComment && (
              <>
                <span className={classes.author}>{author}:</span> {lastComment.excerpt}
              </>
            )}
          </span>
        </div>
        <div className={classes.line}>
          <span className={classes.facts}>
            <StatusBadge status={status} />
            {withCustomer && <span className={classes.customer}>{customer.name}</span>}
            {awaiting === "OFFICE" && withCustomer && (
              <Tooltip label={t("conversations.awaiting.OFFICE")}>
                <span className={classes.awaiting}>
                  <IconCornerUpLeft size={14} aria-label={t("conversations.awaiting.OFFICE")} />
                  {awaitingSince && <Time at={awaitingSince} />}
                </span>
              </Tooltip>
            )}
          </span>
          <span className={classes.show} aria-hidden>
            {t("conversations.row.open")}
          </span>
          {responsible && withCustomer && (
            <Tooltip label={`${t("conversations.responsible.label")}: ${responsible.displayName}`}>
              <Avatar size={20} radius="xl" name={responsible.displayName} color="initials" className={classes.avatar} />
            </Tooltip>
          )}
        </div>
      </div>
    </div>
  );
});
