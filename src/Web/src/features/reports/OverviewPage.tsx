import "@mantine/charts/styles.css";
import { Anchor, Grid, Group, Skeleton, Stack } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Link, useSearch } from "@tanstack/react-router";
import { useLayoutEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useQuery } from "urql";
import { ordered } from "../../api/client";
import { useReconnected } from "../../api/live";
import { useViewer } from "../../api/session";
import { OverviewChangedDocument, OverviewDocument } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Page } from "../../ui/Page";
import { Activity } from "./Activity";
import { AsFile } from "./AsFile";
import { Backlog } from "./Backlog";
import { Figures } from "./Figures";
import { Longest } from "./Longest";
import { Notified } from "./Notified";
import { Times } from "./Times";
import { useBacklog } from "./useBacklog";
import { Workload } from "./Workload";

/** The pause before asking again after a change, in ms: more may come. */
const pause = 1_500;

/** The overview: figures, backlog, activity and workload of the office. */
export function OverviewPage() {
  const { t } = useTranslation();
  const { organisation } = useViewer();
  const { range = "month" } = useSearch({ from: "/shell/overview" });
  const client = useClient();
  // It is asked for after it is listened to; so it is not older than what is told.
  const [listening, setListening] = useState(false);
  const [{ data, error }, query] = useQuery({
    query: OverviewDocument,
    requestPolicy: "cache-and-network",
    context: ordered,
    pause: !listening,
  });
  const ask = () => query({ requestPolicy: "network-only", ...ordered });
  const [now, setNow] = useState(() => new Date());
  const backlog = useBacklog(range, organisation.settings.timeZone, now);
  const refresh = () => setNow(new Date());
  const again = useDebouncedCallback(() => {
    ask();
    refresh();
  }, pause);
  useReconnected(again);
  useLayoutEffect(() => {
    const { unsubscribe } = client.subscription(OverviewChangedDocument, {}).subscribe(again);
    setListening(true);
    return unsubscribe;
  }, [client, again]);

  if (!data)
    return (
      <Page title={t("reports.title")} wide>
        {error ? <Failed error={error} retry={ask} /> : <Loading />}
      </Page>
    );
  return (
    <Page
      title={t("reports.title")}
      wide
      actions={
        <Group gap="md">
          <Anchor size="sm" renderRoot={(props) => <Link to="/overview/weekly" {...props} />}>
            {t("reports.weekly.title")}
          </Anchor>
          <Anchor size="sm" renderRoot={(props) => <Link to="/overview/undelivered" {...props} />}>
            {t("reports.undelivered.title")}
          </Anchor>
          <AsFile range={range} now={now} />
        </Group>
      }
    >
      <Stack gap="lg">
        <Figures
          counts={data.conversationCounts}
          awaiting={data.reports.workload.reduce((sum, row) => sum + row.awaitingOffice, 0)}
        />
        <Backlog range={range} {...backlog} again={refresh} />
        <Times range={range} now={now} again={refresh} />
        <Activity range={range} now={now} again={refresh} />
        <Notified range={range} now={now} again={refresh} />
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <Workload rows={data.reports.workload} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <Longest conversations={data.conversations.nodes} />
          </Grid.Col>
        </Grid>
      </Stack>
    </Page>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <Stack gap="lg" role="status" aria-busy="true" aria-label={t("common.loading")}>
      <Skeleton height={84} />
      <Skeleton height={300} />
      <Skeleton height={260} />
    </Stack>
  );
}
