import { Anchor, EmptyState, Grid, Group, Modal, Skeleton, Stack, Table, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import {
  WeeklyDocument,
  WeeklyEntriesDocument,
  type WeeklyQuery,
  WeeklyRepliesDocument,
  type WeeklyRowFragment,
} from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { Count } from "./Count";
import { workingTime } from "./duration";
import { Entry } from "./Entry";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";
import { type List, lists, percent, type WeeklySearch } from "./weekly";

type Report = WeeklyQuery["reports"]["weekly"];
type Week = Report["weeks"][number];

const route = getRouteApi("/shell/overview/weekly");

// The numbers that are lists of what there is now, and what each is called.
const now = [
  { of: "waitingForUs", list: "waiting-for-us" },
  { of: "cameIn", list: "came-in" },
  { of: "waitingForCustomers", list: "waiting-for-customers" },
  { of: "nobody", list: "nobody" },
] as const;

/** The report of the week: what waits now, and the last week beside the four before it. Each number opens what it counts. */
export function WeeklyPage() {
  const { t, i18n } = useTranslation();
  const [{ data, error }, query] = useQuery({ query: WeeklyDocument, requestPolicy: "cache-and-network" });
  if (!data)
    return (
      <Page title={t("reports.weekly.title")} wide>
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
  const report = data.reports.weekly;
  const at = (instant: string) =>
    new Intl.DateTimeFormat(i18n.language, {
      weekday: "short",
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      timeZone: report.timeZone,
    }).format(new Date(instant));
  return (
    <Page
      title={t("reports.weekly.title")}
      wide
      actions={
        <Anchor size="sm" renderRoot={(props) => <Link to="/overview" {...props} />}>
          {t("reports.weekly.overview")}
        </Anchor>
      }
    >
      <Stack gap="lg">
        <Text size="sm" c="dimmed">
          {t("reports.weekly.asOf", { at: at(report.asOf), zone: report.timeZone })}
          {report.isDefaultCalendar && ` ${t("reports.times.defaultCalendar")}`}
        </Text>
        <Grid gap="lg">
          {now.map(({ of, list }) => (
            <Grid.Col key={of} span={{ base: 12, lg: 6 }}>
              <Panel
                title={t(`reports.weekly.lists.${list}`)}
                lead={t(`reports.weekly.leads.${list}`, { at: at(report.closedAt) })}
                actions={<Listing value={report[of].totalCount} name={t(`reports.weekly.lists.${list}`)} search={{ list }} />}
              >
                <Rows rows={report[of].nodes} />
                {report[of].totalCount > report[of].nodes.length && (
                  <Anchor size="sm" renderRoot={(props) => <Link to="/overview/weekly" search={{ list }} {...props} />}>
                    {t("reports.weekly.all", { count: report[of].totalCount })}
                  </Anchor>
                )}
              </Panel>
            </Grid.Col>
          ))}
        </Grid>
        <Weeks report={report} />
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <People report={report} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <Customers report={report} />
          </Grid.Col>
        </Grid>
        <Panel title={t("reports.weekly.mails.title")} lead={t("reports.weekly.mails.lead")}>
          {report.failedMails === 0 ? (
            <Text size="sm">{t("reports.weekly.mails.none")}</Text>
          ) : (
            <Anchor
              renderRoot={(props) => (
                <Link to="/deliveries" search={{ state: "failed", from: report.weeks[0]!.from }} {...props} />
              )}
            >
              {t("reports.weekly.mails.failed", { count: report.failedMails })}
            </Anchor>
          )}
        </Panel>
        {report.checkpoint && <History checkpoint={report.checkpoint} at={at} />}
      </Stack>
      <Listed report={report} />
    </Page>
  );
}

/** A number that opens the list of what it counts. */
function Listing({ value, name, search }: { value: number; name: string; search: WeeklySearch }) {
  const { t } = useTranslation();
  return (
    <Count
      value={value}
      label={t("reports.weekly.show", { name, count: value })}
      link={(props) => <Link to="/overview/weekly" search={search} {...props} />}
    />
  );
}

function Rows({ rows }: { rows: readonly WeeklyRowFragment[] }) {
  const { t } = useTranslation();
  if (rows.length === 0)
    return <EmptyState size="sm" p="lg" icon={<IconCircleCheck stroke={1.5} />} title={t("reports.weekly.empty")} />;
  return (
    <ul className={classes.longest}>
      {rows.map((row) => (
        <Entry key={`${row.conversation.id} ${row.at}`} {...row} />
      ))}
    </ul>
  );
}

const measures = ["started", "answered", "reopened", "backlog"] as const;

/** The days of a week, from its Monday to its Sunday. */
function nameOf({ from, to }: Week, timeZone: string, language: string) {
  const day = (at: number) =>
    new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone }).format(new Date(at));
  // The end is the first instant of the next Monday.
  return `${day(Date.parse(from))} – ${day(Date.parse(to) - 1)}`;
}

function Weeks({ report }: { report: Report }) {
  const { t, i18n } = useTranslation();
  const name = (week: Week) => nameOf(week, report.timeZone, i18n.language);
  const working = (seconds: number | null) => (seconds === null ? "–" : workingTime(seconds, i18n.language));
  const share = (week: Week) => {
    const within = percent(week.repliesWithinDay, week.replies);
    return within === null ? "–" : new Intl.NumberFormat(i18n.language, { style: "percent" }).format(within / 100);
  };
  return (
    <Panel title={t("reports.weekly.weeks.title")} lead={t("reports.weekly.weeks.lead")}>
      <Table.ScrollContainer minWidth={680} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("reports.weekly.weeks.week")}</Table.Th>
              {report.weeks.map((week) => (
                <Table.Th key={week.from} ta="end">
                  {name(week)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {measures.map((measure) => (
              <Table.Tr key={measure}>
                <Table.Th scope="row" fw={500}>
                  {t(`reports.weekly.weeks.${measure}`)}
                </Table.Th>
                {report.weeks.map((week, index) => (
                  <Table.Td key={week.from} ta="end">
                    <Listing
                      value={week[measure]}
                      name={`${name(week)}, ${t(`reports.weekly.weeks.${measure}`)}`}
                      search={{ list: measure, week: index === 0 ? undefined : index + 1 }}
                    />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
            <Table.Tr>
              <Table.Th scope="row" fw={500}>
                {t("reports.weekly.weeks.replies")}
              </Table.Th>
              {report.weeks.map((week, index) => (
                <Table.Td key={week.from} ta="end">
                  <Listing
                    value={week.replies}
                    name={`${name(week)}, ${t("reports.weekly.weeks.replies")}`}
                    search={{ list: "replies", week: index === 0 ? undefined : index + 1 }}
                  />
                </Table.Td>
              ))}
            </Table.Tr>
            <Table.Tr>
              <Table.Th scope="row" fw={500}>
                {t("reports.weekly.weeks.median")}
              </Table.Th>
              {report.weeks.map((week) => (
                <Table.Td key={week.from} ta="end">
                  {working(week.replyMedian)}
                </Table.Td>
              ))}
            </Table.Tr>
            <Table.Tr>
              <Table.Th scope="row" fw={500}>
                {t("reports.weekly.weeks.p90")}
              </Table.Th>
              {report.weeks.map((week) => (
                <Table.Td key={week.from} ta="end">
                  {working(week.replyP90)}
                </Table.Td>
              ))}
            </Table.Tr>
            <Table.Tr>
              <Table.Th scope="row" fw={500}>
                {t("reports.weekly.weeks.withinDay")}
              </Table.Th>
              {report.weeks.map((week) => (
                <Table.Td key={week.from} ta="end">
                  {share(week)}
                </Table.Td>
              ))}
            </Table.Tr>
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function People({ report }: { report: Report }) {
  const { t, i18n } = useTranslation();
  return (
    <Panel title={t("reports.weekly.people.title")} lead={t("reports.weekly.people.lead")}>
      <Table.ScrollContainer minWidth={520} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("reports.workload.who")}</Table.Th>
              <Table.Th ta="end">{t("reports.workload.awaiting")}</Table.Th>
              <Table.Th ta="end">{t("conversations.status.OPEN")}</Table.Th>
              <Table.Th ta="end">{t("conversations.status.ATTENTION")}</Table.Th>
              <Table.Th ta="end">{t("reports.weekly.weeks.replies")}</Table.Th>
              <Table.Th ta="end">{t("reports.times.businessMedian")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.people.map(({ administrator, open, attention, awaitingOffice, replies, replyMedian }) => {
              const name = administrator?.displayName ?? t("reports.workload.nobody");
              const responsible = administrator?.id ?? "none";
              const count = (value: number, what: string, search: { status: "open" | "attention" } | { awaiting: "office" }) => (
                <Count
                  value={value}
                  label={t("reports.workload.show", { name, count: value, what })}
                  link={(props) => <Link to="/conversations" search={{ responsible, ...search }} {...props} />}
                />
              );
              return (
                <Table.Tr key={responsible}>
                  <Table.Th scope="row" fw={500}>
                    {name}
                  </Table.Th>
                  <Table.Td ta="end">{count(awaitingOffice, t("reports.figures.awaiting"), { awaiting: "office" })}</Table.Td>
                  <Table.Td ta="end">{count(open, t("conversations.status.OPEN"), { status: "open" })}</Table.Td>
                  <Table.Td ta="end">{count(attention, t("conversations.status.ATTENTION"), { status: "attention" })}</Table.Td>
                  <Table.Td ta="end">
                    {replies === null || !administrator ? (
                      "–"
                    ) : (
                      <Listing
                        value={replies}
                        name={`${name}, ${t("reports.weekly.weeks.replies")}`}
                        search={{ list: "replies", person: administrator.id }}
                      />
                    )}
                  </Table.Td>
                  <Table.Td ta="end">{replyMedian === null ? "–" : workingTime(replyMedian, i18n.language)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function Customers({ report }: { report: Report }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("reports.weekly.customers.title")} lead={t("reports.weekly.customers.lead")}>
      {report.customers.length === 0 ? (
        <Text size="sm">{t("reports.weekly.customers.none")}</Text>
      ) : (
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("reports.times.groups.CUSTOMER")}</Table.Th>
              <Table.Th ta="end">{t("reports.activity.comments")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.customers.flatMap(({ customer, comments }) =>
              customer
                ? [
                    <Table.Tr key={customer.id}>
                      <Table.Th scope="row" fw={500}>
                        {customer.name}
                      </Table.Th>
                      <Table.Td ta="end">
                        <Listing
                          value={comments}
                          name={`${customer.name}, ${t("reports.activity.comments")}`}
                          search={{ list: "written", customer: customer.id }}
                        />
                      </Table.Td>
                    </Table.Tr>,
                  ]
                : [],
            )}
          </Table.Tbody>
        </Table>
      )}
    </Panel>
  );
}

function History({ checkpoint, at }: { checkpoint: NonNullable<Report["checkpoint"]>; at: (instant: string) => string }) {
  const { t } = useTranslation();
  const { grownAt, lag, lastSweep } = checkpoint;
  return (
    <Panel
      title={t("reports.weekly.history.title")}
      lead={t("reports.weekly.history.lead")}
      actions={
        <Anchor size="sm" renderRoot={(props) => <Link to="/log" {...props} />}>
          {t("reports.weekly.history.log")}
        </Anchor>
      }
    >
      <Group gap="xs">
        <Text size="sm">
          {grownAt ? t("reports.weekly.history.until", { at: at(grownAt), count: lag }) : t("reports.weekly.history.nothing")}
        </Text>
        {lastSweep && (
          <Text size="sm" {...(lastSweep.isWhole && lastSweep.damagedFiles === 0 ? {} : { c: "red", role: "alert" })}>
            {t(`reports.weekly.history.${lastSweep.isWhole ? "whole" : "altered"}`, { at: at(lastSweep.checkedAt) })}
            {lastSweep.damagedFiles > 0 && ` ${t("reports.weekly.history.damaged", { count: lastSweep.damagedFiles })}`}
          </Text>
        )}
      </Group>
    </Panel>
  );
}

/** The list of what a number counts, as the address says. */
function Listed({ report }: { report: Report }) {
  const { t, i18n } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { list, week = 1, person, customer } = search;
  const isOfNow = now.some((one) => one.list === list);
  const of = [
    isOfNow ? undefined : nameOf(report.weeks[week - 1]!, report.timeZone, i18n.language),
    person && report.people.find(({ administrator }) => administrator?.id === person)?.administrator?.displayName,
    customer && report.customers.find((one) => one.customer?.id === customer)?.customer?.name,
  ].filter(Boolean);
  const name = list && t(`reports.weekly.lists.${list}`);
  const title = of.length > 0 ? t("reports.weekly.of", { list: name, of: of.join(", ") }) : name;
  return (
    <Modal
      opened={list !== undefined}
      onClose={() => void navigate({ search: {}, replace: true })}
      title={title}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
      size="lg"
    >
      {list && <Entries key={JSON.stringify(search)} report={report} {...search} list={list} />}
    </Modal>
  );
}

function Entries({ report, list, week = 1, customer, person }: WeeklySearch & { report: Report; list: List }) {
  const { t, i18n } = useTranslation();
  const shared = {
    loading: <Skeleton height={120} role="status" aria-label={t("common.loading")} />,
    empty: <EmptyState size="sm" p="lg" icon={<IconCircleCheck stroke={1.5} />} title={t("reports.weekly.empty")} />,
  };
  const { from, to } = report.weeks[week - 1]!;
  return (
    <ul className={classes.longest} aria-label={t(`reports.weekly.lists.${list}`)}>
      {list === "replies" ? (
        <Pages
          query={WeeklyRepliesDocument}
          variables={{ from, to, administratorId: person ?? null }}
          pageOf={({ reports }) => reports.officeReplyTime.waits}
          row={({ conversation, since, seconds, administrator }) => (
            <Entry
              key={`${conversation.id} ${since}`}
              at={since}
              conversation={conversation}
              says={[administrator?.displayName, seconds === null ? undefined : workingTime(seconds, i18n.language)]
                .filter(Boolean)
                .join(" · ")}
            />
          )}
          {...shared}
        />
      ) : (
        <Pages
          query={WeeklyEntriesDocument}
          variables={{ of: lists[list], weeksAgo: week, customerId: customer ?? null }}
          pageOf={({ reports }) => reports.weekly.entries}
          row={(row) => <Entry key={`${row.conversation.id} ${row.at}`} {...row} />}
          {...shared}
        />
      )}
    </ul>
  );
}
