import { ActionIcon, Anchor, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import {
  IconArrowsExchange,
  IconBuildingBank,
  IconCheck,
  IconMessage,
  IconMessagePlus,
  IconSpeakerphone,
  IconUserCheck,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useViewer } from "../../api/session";
import { StatusBadge } from "../../conversation/StatusBadge";
import type { NotificationKind, NotificationPartsFragment } from "../../gql/pages/graphql";
import { Time } from "../../ui/Time";
import classes from "./Item.module.css";
import { sentence } from "./sentence";
import { useMarkRead } from "./useMarkRead";

const icons: Record<NotificationKind, typeof IconMessage> = {
  ADMINISTRATORS_NOTIFIED: IconSpeakerphone,
  ADMINISTRATOR_COMMENTED: IconBuildingBank,
  ASSIGNED: IconUserCheck,
  CONVERSATION_CREATED: IconMessagePlus,
  CUSTOMER_COMMENTED: IconMessage,
  STATUS_CHANGED: IconArrowsExchange,
};

interface Props {
  notification: NotificationPartsFragment;
  onOpen?: () => void;
  /** Under the bell, where there is little room. */
  compact?: boolean;
}

/** One thing that the viewer was told. A click opens the conversation, which counts as having read it. */
export function Item({ notification, onOpen, compact = false }: Props) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const { markRead } = useMarkRead();
  const { id, kind, conversation, comment, createdAt, readAt } = notification;
  const Icon = icons[kind];
  return (
    <li className={classes.item} data-unread={!readAt || undefined}>
      <span className={classes.icon} data-kind={kind} aria-hidden="true">
        <Icon size={16} stroke={1.7} />
      </span>
      <div className={classes.text}>
        <div className={classes.line}>
          <Anchor
            className={classes.subject}
            onClick={() => {
              if (!readAt) markRead({ ids: [id] });
              onOpen?.();
            }}
            renderRoot={(props) => (
              <Link to="/conversations/$conversationId" params={{ conversationId: conversation.id }} {...props} />
            )}
          >
            {!readAt && <VisuallyHidden>{`${t("notifications.unread")}: `}</VisuallyHidden>}
            {conversation.subject}
          </Anchor>
          <Text span size="xs" c="dimmed" className={classes.time}>
            <Time at={createdAt} />
          </Text>
        </div>
        <Text size="sm" className={classes.sentence}>
          {sentence(t, notification)}
          {!compact && <Text span c="dimmed">{` · ${conversation.customer.name}`}</Text>}
        </Text>
        {viewer.role === "CUSTOMER" && kind !== "STATUS_CHANGED" && conversation.status === "ATTENTION" && (
          <StatusBadge status="ATTENTION" />
        )}
        {comment && (
          <Text size="sm" c="dimmed" lineClamp={compact ? 1 : 2}>
            {comment.excerpt}
          </Text>
        )}
      </div>
      <span className={classes.read}>
        {!readAt && (
          <Tooltip label={t("notifications.mark")}>
            <ActionIcon
              size="sm"
              aria-label={t("notifications.markOne", { subject: conversation.subject })}
              onClick={() => markRead({ ids: [id] })}
            >
              <IconCheck size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </span>
    </li>
  );
}
