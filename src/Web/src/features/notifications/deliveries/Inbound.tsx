import { Anchor, Badge, EmptyState, Group, Skeleton, Text } from "@mantine/core";
import { IconMailCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { authorName } from "../../../conversation/author";
import { InboundMailsDocument, type InboundMailsQuery } from "../../../gql/pages/graphql";
import { Pages } from "../../../ui/Pages";
import { Time } from "../../../ui/Time";
import classes from "./Deliveries.module.css";

type InboundMail = InboundMailsQuery["inboundMails"]["nodes"][number];

const pageSize = 30;

/** The answers by mail that became no comment, and why. */
export function Inbound() {
  const { t } = useTranslation();
  return (
    <ul className={classes.list} aria-label={t("notifications.inbound.list")}>
      <Pages
        query={InboundMailsDocument}
        variables={{ first: pageSize }}
        pageOf={({ inboundMails }) => inboundMails}
        row={(mail) => <Mail key={mail.id} mail={mail} />}
        loading={<Skeleton height={44} role="status" aria-busy="true" aria-label={t("common.loading")} />}
        empty={<EmptyState p="xl" icon={<IconMailCheck stroke={1.5} />} title={t("notifications.inbound.empty")} />}
      />
    </ul>
  );
}

function Mail({ mail: { outcome, from, subject, receivedAt, person, conversation } }: { mail: InboundMail }) {
  const { t } = useTranslation();
  return (
    <li className={classes.item}>
      <div className={classes.text}>
        <Group gap="xs">
          <Badge variant="light" color="orange" styles={{ label: { color: "var(--mantine-color-text)" } }}>
            {t(`notifications.inbound.outcome.${outcome}`)}
          </Badge>
          <Text size="sm" fw={560}>
            {subject}
          </Text>
          <Text span size="xs" c="dimmed">
            <Time at={receivedAt} />
          </Text>
        </Group>
        <Text size="sm">
          {t("notifications.inbound.from", { from })}
          {person && <Text span c="dimmed">{` · ${t("notifications.inbound.of", { name: authorName(t, person) })}`}</Text>}
        </Text>
        {conversation && (
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link to="/conversations/$conversationId" params={{ conversationId: conversation.id }} {...props} />
            )}
          >
            {conversation.subject}
          </Anchor>
        )}
      </div>
    </li>
  );
}
