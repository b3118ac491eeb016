import { Button, EmptyState, SegmentedControl, Skeleton, Stack } from "@mantine/core";
import { IconBellOff, IconChecks } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { NotificationsDocument, UnreadNotificationCountDocument } from "../../gql/pages/graphql";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
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
        <Pages
          key={String(unreadOnly)}
          live
          query={NotificationsDocument}
          variables={{ unreadOnly, first: pageSize }}
          pageOf={({ viewer }) => viewer.notifications}
          shows={({ readAt }) => !unreadOnly || !readAt}
          row={(notification) => <Item key={notification.id} notification={notification} />}
          loading={
            <Stack p="md" gap="lg" role="status" aria-busy="true" aria-label={t("common.loading")}>
              {[1, 2, 3, 4, 5].map((row) => (
                <Skeleton key={row} height={44} />
              ))}
            </Stack>
          }
          empty={
            <EmptyState
              p="xl"
              icon={<IconBellOff stroke={1.5} />}
              title={t(unreadOnly ? "notifications.empty.allRead" : "notifications.empty.title")}
              description={t(unreadOnly ? "notifications.empty.allReadText" : "notifications.empty.text")}
            />
          }
        />
      </ul>
    </Page>
  );
}
