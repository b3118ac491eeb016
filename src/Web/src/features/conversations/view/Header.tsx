import { ActionIcon, Anchor, Group, Text, Title, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowLeft, IconBellRinging, IconChevronDown, IconHistory, IconMailCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useViewer } from "../../../api/session";
import { authorName } from "../../../conversation/author";
import { StatusBadge } from "../../../conversation/StatusBadge";
import type { ConversationHeadFragment } from "../../../gql/pages/graphql";
import { isOffice, mayEnter } from "../../../session/access";
import { Time } from "../../../ui/Time";
import { ResponsibleControl } from "../actions/ResponsibleControl";
import { RunAction } from "../actions/RunAction";
import { StatusControl } from "../actions/StatusControl";
import { takesFocus } from "../focus";
import { mayManage } from "../may";
import classes from "./ConversationPage.module.css";
import { Tags } from "./Tags";

interface Props {
  conversation: ConversationHeadFragment;
  /** The element in which the focus has to be for keys to change the conversation. */
  keysWithin: RefObject<HTMLElement | null>;
}

/** A conversation's subject, customer and status; for administrators also its actions. */
export function Header({ conversation, keysWithin }: Props) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const [opened, { toggle }] = useDisclosure();
  const title = useRef<HTMLHeadingElement>(null);
  const {
    id,
    version,
    subject,
    customer,
    createdBy,
    createdAt,
    notifyAllAdministrators,
    status,
    responsibleAdministrator: responsible,
  } = conversation;

  // Opened with a key, the conversation takes the focus. So it does in one column, where the page has changed as a whole: screen readers continue at its beginning.
  useEffect(() => {
    if (takesFocus(id) || matchMedia("(max-width: 61.99em)").matches) title.current?.focus();
  }, [id]);

  return (
    <header className={classes.head}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <ActionIcon
          className={classes.back}
          aria-label={t("conversations.back")}
          renderRoot={(props) => <Link to="/conversations" search={true} {...props} />}
        >
          <IconArrowLeft size={18} />
        </ActionIcon>
        <Title ref={title} order={1} size="h2" className={classes.title} tabIndex={-1} flex={1} data-content>
          {subject}
        </Title>
        {mayManage(viewer) && (
          <ActionIcon
            className={classes.toggle}
            aria-label={t("conversations.details.more")}
            aria-expanded={opened}
            onClick={toggle}
          >
            <IconChevronDown size={18} style={{ rotate: opened ? "180deg" : "none" }} />
          </ActionIcon>
        )}
        {mayEnter(viewer, "deliveries") && (
          <Tooltip label={t("conversations.details.deliveries")}>
            <ActionIcon
              aria-label={t("conversations.details.deliveries")}
              renderRoot={(props) => <Link to="/deliveries" search={{ conversation: id }} {...props} />}
            >
              <IconMailCheck size={18} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        )}
        {mayEnter(viewer, "history") && (
          <Tooltip label={t("conversations.details.history")}>
            <ActionIcon
              aria-label={t("conversations.details.history")}
              renderRoot={(props) => (
                <Link to="/conversations/$conversationId/history" params={{ conversationId: id }} search={true} {...props} />
              )}
            >
              <IconHistory size={18} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
      <div className={classes.facts}>
        {isOffice(viewer.role) ? (
          <Anchor
            fw={560}
            inherit
            renderRoot={(props) => <Link to="/customers/$customerId" params={{ customerId: customer.id }} {...props} />}
          >
            {customer.name}
          </Anchor>
        ) : (
          <span>{customer.name}</span>
        )}
        <Text span inherit aria-hidden visibleFrom="sm">
          ·
        </Text>
        <span>
          {t("conversations.details.created", { name: authorName(t, createdBy) })}, <Time at={createdAt} />
        </span>
        {notifyAllAdministrators && isOffice(viewer.role) && (
          <Tooltip label={t("conversations.details.notifyAll")}>
            <IconBellRinging size={15} role="img" aria-label={t("conversations.details.notifyAll")} />
          </Tooltip>
        )}
        {isOffice(viewer.role) && <Tags id={id} version={version} mayChange={mayManage(viewer)} />}
        {!mayManage(viewer) && (
          <>
            <StatusBadge status={status} />
            {responsible && (
              <span>
                {t("conversations.responsible.label")}: {responsible.displayName}
              </span>
            )}
          </>
        )}
      </div>
      {mayManage(viewer) && (
        <div className={classes.controls}>
          {!customer.hasEnded && <StatusControl conversation={conversation} keysWithin={keysWithin} />}
          <div className={classes.more} data-open={opened || undefined}>
            <ResponsibleControl conversation={conversation} />
            <RunAction ids={[id]} />
          </div>
        </div>
      )}
    </header>
  );
}
