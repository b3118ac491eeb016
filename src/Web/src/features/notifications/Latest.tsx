import { Anchor, Button, EmptyState, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconBellOff, IconChecks, IconMailExclamation } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ordered } from "../../api/client";
import { useReconnected } from "../../api/live";
import { NotificationsDocument, UnreadNotificationCountDocument } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Item } from "./Item";
import classes from "./Item.module.css";
import { useMarkRead } from "./useMarkRead";

/** The latest that the viewer was told, under the bell. */
export function Latest({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const { markRead, fetching } = useMarkRead();
  const [{ data, error }, again] = useQuery({
    query: NotificationsDocument,
    variables: { unreadOnly: false, first: 10 },
    requestPolicy: "cache-and-network",
  });
  const ask = () => again({ requestPolicy: "network-only", ...ordered });
  useReconnected(ask);
  const nodes = data?.viewer.notifications.nodes.slice(0, 10);
  const [{ data: counts }] = useQuery({ query: UnreadNotificationCountDocument, requestPolicy: "cache-and-network" });
  const failed = counts?.viewer.failedDeliveryCount ?? 0;
  return (
    <>
      <Group justify="space-between" px="md" py="xs" className={classes.head}>
        <Text fw={620}>{t("notifications.title")}</Text>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconChecks size={14} />}
          loading={fetching}
          disabled={!nodes?.some(({ readAt }) => !readAt)}
          onClick={() => markRead({ all: true })}
        >
          {t("notifications.markAll")}
        </Button>
      </Group>
      {failed > 0 && (
        <Group px="md" py="xs" className={classes.failed}>
          <IconMailExclamation size={16} aria-hidden />
          <Anchor
            size="sm"
            onClick={close}
            renderRoot={(props) => <Link to="/deliveries" search={{ state: "failed" }} {...props} />}
          >
            {t("notifications.failed", { count: failed })}
          </Anchor>
        </Group>
      )}
      <div className={classes.latest}>
        {nodes ? (
          nodes.length === 0 ? (
            <EmptyState
              size="sm"
              p="xl"
              icon={<IconBellOff stroke={1.5} />}
              title={t("notifications.empty.title")}
              description={t("notifications.empty.text")}
            />
          ) : (
            <ul className={classes.list} aria-label={t("notifications.list")}>
              {nodes.map((notification) => (
                <Item key={notification.id} notification={notification} onOpen={close} compact />
              ))}
            </ul>
          )
        ) : error ? (
          <Failed error={error} retry={ask} />
        ) : (
          <Stack p="md" gap="md" aria-busy="true" role="status" aria-label={t("common.loading")}>
            {[1, 2, 3].map((row) => (
              <Skeleton key={row} height={38} />
            ))}
          </Stack>
        )}
      </div>
      <Group justify="space-between" px="md" py="xs" className={classes.foot}>
        <Anchor size="sm" onClick={close} renderRoot={(props) => <Link to="/notifications" {...props} />}>
          {t("notifications.all")}
        </Anchor>
        <Anchor size="sm" onClick={close} renderRoot={(props) => <Link to="/profile" hash="notifications" {...props} />}>
          {t("notifications.choose")}
        </Anchor>
      </Group>
    </>
  );
}
