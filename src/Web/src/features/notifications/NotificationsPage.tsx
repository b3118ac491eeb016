import { Button, EmptyState, SegmentedControl, Skeleton, Stack } from "@mantine/core";
import { IconBellOff, IconChecks } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ordered } from "../../api/client";
import { useReconnected } from "../../api/live";
import { NotificationsDocument, UnreadNotificationCountDocument } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { More } from "../../ui/More";
import { Page } from "../../ui/Page";
import { Item } from "./Item";
import classes from "./Item.module.css";
import { useMarkRead } from "./useMarkRead";

const pageSize = 30;

/** Everything the viewer was told. */
export function NotificationsPage() {
  const { t } = useTranslation();
  const { unread: unreadOnly = false } = useSearch({ from: "/shell/notifications" });
  const navigate = useNavigate();
  const { markRead, fetching } = useMarkRead();
  const [{ data }] = useQuery({ query: UnreadNotificationCountDocument });
  const unread = data?.viewer.unreadNotificationCount ?? 0;
  return (
    <Page
      title={t("notifications.title")}
      actions={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconChecks size={16} />}
          disabled={unread === 0}
          loading={fetching}
          onClick={() => markRead({ all: true })}
        >
          {t("notifications.markAll")}
        </Button>
      }
    >
      <SegmentedControl
        mb="md"
        size="xs"
        aria-label={t("notifications.filter")}
        value={unreadOnly ? "unread" : "all"}
        onChange={(value) =>
          void navigate({ to: "/notifications", search: value === "unread" ? { unread: true } : {}, replace: true })
        }
        data={[
          { value: "all", label: t("notifications.filterAll") },
          { value: "unread", label: t("notifications.filterUnread", { count: unread }) },
        ]}
      />
      <ul className={classes.page} aria-label={t("notifications.list")}>
        <Rows key={String(unreadOnly)} unreadOnly={unreadOnly} />
      </ul>
    </Page>
  );
}

/** A page of them, and those after it once they are asked for. */
function Rows({ unreadOnly, after }: { unreadOnly: boolean; after?: string }) {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  const [{ data, error, fetching }, again] = useQuery({
    query: NotificationsDocument,
    variables: { unreadOnly, first: pageSize, after },
    requestPolicy: "cache-and-network",
  });
  const ask = () => again({ requestPolicy: "network-only", ...ordered });
  useReconnected(ask);
  if (!data)
    return (
      <li>
        {error ? (
          <Failed error={error} retry={ask} />
        ) : (
          <Stack p="md" gap="lg" role="status" aria-busy="true" aria-label={t("common.loading")}>
            {[1, 2, 3, 4, 5].map((row) => (
              <Skeleton key={row} height={44} />
            ))}
          </Stack>
        )}
      </li>
    );

  const { nodes, pageInfo } = data.viewer.notifications;
  const shown = unreadOnly ? nodes.filter(({ readAt }) => !readAt) : nodes;
  return (
    <>
      {shown.map((notification) => (
        <Item key={notification.id} notification={notification} />
      ))}
      {shown.length === 0 && !after && !pageInfo.hasNextPage && !fetching && (
        <li>
          <EmptyState
            p="xl"
            icon={<IconBellOff stroke={1.5} />}
            title={t(unreadOnly ? "notifications.empty.allRead" : "notifications.empty.title")}
            description={t(unreadOnly ? "notifications.empty.allReadText" : "notifications.empty.text")}
          />
        </li>
      )}
      {pageInfo.hasNextPage &&
        (more ? (
          <Rows unreadOnly={unreadOnly} after={pageInfo.endCursor ?? undefined} />
        ) : (
          <li>
            <More onMore={() => setMore(true)} />
          </li>
        ))}
    </>
  );
}
