import { Anchor, EmptyState, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { StatusBadge } from "../../conversation/StatusBadge";
import type { ConversationRowFragment } from "../../gql/pages/graphql";
import { Time } from "../../ui/Time";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";
import { Subject } from "./Subject";

/** The conversations that have waited the longest for the office. */
export function Longest({ conversations }: { conversations: readonly ConversationRowFragment[] }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t("reports.longest.title")}
      lead={t("reports.longest.lead")}
      actions={
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/conversations" search={{ awaiting: "office", order: "waiting" }} {...props} />}
        >
          {t("reports.longest.all")}
        </Anchor>
      }
    >
      {conversations.length === 0 ? (
        <EmptyState
          size="sm"
          p="lg"
          icon={<IconCircleCheck stroke={1.5} />}
          title={t("reports.longest.empty")}
          description={t("reports.longest.emptyText")}
        />
      ) : (
        <ul className={classes.longest}>
          {conversations.map(({ id, subject, customer, status, responsibleAdministrator, updatedAt, awaitingSince }) => (
            <li key={id}>
              <div className={classes.line}>
                <Subject id={id} subject={subject} />
                <Text span size="xs" c="dimmed">
                  <Time at={awaitingSince ?? updatedAt} />
                </Text>
              </div>
              <div className={classes.line}>
                <Text span size="sm" c="dimmed" truncate flex={1}>
                  {`${customer.name} · ${responsibleAdministrator?.displayName ?? t("reports.workload.nobody")}`}
                </Text>
                <StatusBadge status={status} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
