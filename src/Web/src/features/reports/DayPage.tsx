import { Anchor, EmptyState, Grid, Skeleton, Stack } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { DayDocument, DayWaitingForCustomersDocument } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import type { ListSearch } from "../conversations";
import { Count } from "./Count";
import { Entry } from "./Entry";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";

/** One's own day: what waits for oneself, which customers have been waited for too long, and what one has not read. */
export function DayPage() {
  const { t } = useTranslation();
  const { id: me } = useViewer();
  const [{ data, error }, query] = useQuery({
    query: DayDocument,
    variables: { me },
    requestPolicy: "cache-and-network",
  });
  if (!data)
    return (
      <Page title={t("reports.day.title")} wide>
        {error ? (
          <Failed error={error} retry={() => query({ requestPolicy: "network-only" })} />
        ) : (
          <Stack gap="lg" role="status" aria-busy="true" aria-label={t("common.loading")}>
            <Skeleton height={220} />
            <Skeleton height={220} />
          </Stack>
        )}
      </Page>
    );
  const { waitingForMe, unread, reports } = data;
  const late = reports.weekly.waitingForCustomers;
  return (
    <Page
      title={t("reports.day.title")}
      wide
      actions={
        <Anchor size="sm" renderRoot={(props) => <Link to="/overview/weekly" {...props} />}>
          {t("reports.weekly.title")}
        </Anchor>
      }
    >
      <Grid gap="lg">
        <Part name="waitingForMe" count={waitingForMe.totalCount} all={{ awaiting: "office", responsible: me, order: "waiting" }}>
          {waitingForMe.nodes.map((row) => (
            <Entry key={row.id} at={row.awaitingSince ?? row.updatedAt} conversation={row} says="" />
          ))}
        </Part>
        <WaitingForCustomers me={me} count={late.totalCount}>
          {late.nodes.map(({ at, conversation }) => (
            <Entry key={conversation.id} at={at} conversation={conversation} says="" />
          ))}
        </WaitingForCustomers>
        <Part name="unread" count={unread.totalCount} all={{ unread: true }}>
          {unread.nodes.map((row) => (
            <Entry key={row.id} at={row.lastComment?.createdAt ?? row.updatedAt} conversation={row} />
          ))}
        </Part>
      </Grid>
    </Page>
  );
}

interface PartProps {
  name: "waitingForMe" | "waitingForCustomers" | "unread";
  count: number;
  children: ReactNode;
}

/** One of the three lists: how many there are, and the first ones. */
function Part({ name, count, all, children }: PartProps & { all: ListSearch }) {
  const { t } = useTranslation();
  const title = t(`reports.day.lists.${name}`);
  return (
    <Listed
      name={name}
      count={count}
      actions={
        <Count
          value={count}
          label={t("reports.weekly.show", { name: title, count })}
          link={(props) => <Link to="/conversations" search={all} {...props} />}
        />
      }
    >
      {children}
    </Listed>
  );
}

/** What customers are awaited for is no list of its own: all of it is shown here. */
function WaitingForCustomers({ me, count, children }: Omit<PartProps, "name"> & { me: string }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  return (
    <Listed
      name="waitingForCustomers"
      count={count}
      actions={
        <Anchor
          component="button"
          type="button"
          fw={560}
          aria-expanded={all}
          aria-label={t("reports.weekly.show", { name: t("reports.day.lists.waitingForCustomers"), count })}
          onClick={() => setAll(!all)}
        >
          {count}
        </Anchor>
      }
    >
      {all ? (
        <Pages
          query={DayWaitingForCustomersDocument}
          variables={{ me }}
          pageOf={({ reports }) => reports.weekly.entries}
          row={({ at, conversation }) => <Entry key={conversation.id} at={at} conversation={conversation} says="" />}
          loading={<Skeleton height={120} role="status" aria-label={t("common.loading")} />}
        />
      ) : (
        children
      )}
    </Listed>
  );
}

function Listed({ name, count, actions, children }: PartProps & { actions: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Grid.Col span={{ base: 12, lg: 6 }}>
      <Panel
        title={t(`reports.day.lists.${name}`)}
        lead={t(`reports.day.leads.${name}`)}
        actions={count === 0 ? <span>0</span> : actions}
      >
        {count === 0 ? (
          <EmptyState size="sm" p="lg" icon={<IconCircleCheck stroke={1.5} />} title={t("reports.weekly.empty")} />
        ) : (
          <ul className={classes.longest}>{children}</ul>
        )}
      </Panel>
    </Grid.Col>
  );
}
