import { Anchor, EmptyState, Group, Modal, NativeSelect, SegmentedControl, Skeleton, Space, Table, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import {
  ResponsibleChoicesDocument,
  UndeliveredCustomerDocument,
  UndeliveredDocument,
  type UndeliveredNumbersFragment,
  type UndeliveredQuery,
  UndeliveredWaitsDocument,
} from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { More } from "../../ui/More";
import { useOfficeTime } from "../../ui/officeTime";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { Time } from "../../ui/Time";
import { Entry } from "./Entry";
import { monthAgo } from "./instants";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";
import { TakeTable } from "./TakeTable";
import { Unreachable } from "./Unreachable";
import { monthCounts, type UndeliveredSearch } from "./undelivered";

type Report = UndeliveredQuery["reports"]["undelivered"];
type Month = UndeliveredNumbersFragment;

const route = getRouteApi("/shell/overview/undelivered");

/** The customers of a page. */
const size = 50;

const parts = ["late", "open", "answered", "withdrawn"] as const;

// So that a number says what it is without its colour.
const signs = { late: "!", open: "…", answered: "✓", withdrawn: "–" } as const;
const colours = {
  late: "var(--mantine-color-error)",
  open: "var(--status-attention)",
  answered: "var(--status-answered)",
  withdrawn: "dimmed",
} as const;

const variablesOf = ({ months = monthCounts[0], responsible }: UndeliveredSearch) => ({
  months,
  administratorId: responsible && responsible !== "none" ? responsible : null,
  nobody: responsible === "none",
});

/** What customers were asked for, month by month, and who has not delivered. Each cell opens the conversations that it counts. */
export function UndeliveredPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { months = monthCounts[0], responsible } = search;
  const [{ data: choices }] = useQuery({ query: ResponsibleChoicesDocument });
  const show = (next: UndeliveredSearch) => void navigate({ search: next, replace: true });
  return (
    <Page
      title={t("reports.undelivered.title")}
      wide
      actions={
        <Group gap="md">
          <Anchor size="sm" renderRoot={(props) => <Link to="/overview" {...props} />}>
            {t("reports.weekly.overview")}
          </Anchor>
          <TakeTable
            table="undelivered"
            parameters={{ months: `${months}`, ...(responsible && responsible !== "none" ? { responsible } : {}) }}
          />
        </Group>
      }
    >
      <Group align="end" gap="sm" mb="lg">
        <NativeSelect
          label={t("reports.workload.who")}
          value={responsible ?? ""}
          onChange={({ currentTarget }) =>
            show({ ...search, responsible: currentTarget.value || undefined, customer: undefined })
          }
          data={[
            { value: "", label: t("reports.undelivered.everybody") },
            { value: "none", label: t("reports.workload.nobody") },
            ...(choices?.administrators.nodes ?? [])
              .filter(({ role, active, id }) => (role === "ADMINISTRATOR" && active) || id === responsible)
              .map(({ id, displayName }) => ({ value: id, label: displayName })),
          ]}
        />
        <SegmentedControl
          aria-label={t("reports.undelivered.months")}
          value={`${months}`}
          onChange={(value) => show({ responsible, months: Number(value) })}
          data={monthCounts.map((count) => ({ value: `${count}`, label: t("reports.undelivered.count", { count }) }))}
        />
      </Group>
      <Panel title={t("reports.undelivered.matrix")} lead={t("reports.undelivered.lead")}>
        <Group component="ul" gap="md" mb="sm" p={0} m={0} style={{ listStyle: "none" }}>
          {parts.map((part) => (
            <Text key={part} component="li" size="sm" c={colours[part]}>
              {`${signs[part]} ${t(`reports.undelivered.parts.${part}`)}`}
            </Text>
          ))}
        </Group>
        <Matrix key={`${months} ${responsible ?? ""}`} search={{ months: search.months, responsible }} />
      </Panel>
      <Space h="lg" />
      <Unreachable />
      <Listed />
    </Page>
  );
}

function Matrix({ search }: { search: UndeliveredSearch }) {
  const { t } = useTranslation();
  const [{ data, error }, query] = useQuery({
    query: UndeliveredDocument,
    variables: { ...variablesOf(search), first: size, after: null },
    requestPolicy: "cache-and-network",
  });
  if (!data)
    return error ? (
      <Failed error={error} retry={() => query({ requestPolicy: "network-only" })} />
    ) : (
      <Skeleton height={260} role="status" aria-label={t("common.loading")} />
    );
  const report = data.reports.undelivered;
  if (report.customers.totalCount === 0)
    return <EmptyState size="sm" p="lg" icon={<IconCircleCheck stroke={1.5} />} title={t("reports.undelivered.none")} />;
  return (
    <Table.ScrollContainer minWidth={420 + report.total.months.length * 84} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("reports.times.groups.CUSTOMER")}</Table.Th>
            <Table.Th>{t("reports.undelivered.since")}</Table.Th>
            <Table.Th ta="end">{t("reports.undelivered.earlier")}</Table.Th>
            {report.total.months.map((month) => (
              <Table.Th key={month.from} ta="end">
                <MonthName month={month} zone={report.timeZone} />
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Row
            name={t("reports.times.all")}
            row={{ ...report.total, oldestSince: null, customer: null }}
            zone={report.timeZone}
            search={search}
          />
          <Rows report={report} search={search} />
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The customers of a page, and those of the pages after it that were asked for. */
function Rows({ report, search }: { report: Report; search: UndeliveredSearch }) {
  const [more, setMore] = useState(false);
  const { nodes, pageInfo } = report.customers;
  return (
    <>
      {nodes.flatMap((row) =>
        row.customer
          ? [<Row key={row.customer.id} name={row.customer.name} row={row} zone={report.timeZone} search={search} />]
          : [],
      )}
      {pageInfo.hasNextPage &&
        (more ? (
          <Next after={pageInfo.endCursor} search={search} />
        ) : (
          <Table.Tr>
            <Table.Td colSpan={3 + report.total.months.length}>
              <More onMore={() => setMore(true)} />
            </Table.Td>
          </Table.Tr>
        ))}
    </>
  );
}

function Next({ after, search }: { after: string | null; search: UndeliveredSearch }) {
  const [{ data, error }, query] = useQuery({
    query: UndeliveredDocument,
    variables: { ...variablesOf(search), first: size, after },
  });
  if (data) return <Rows report={data.reports.undelivered} search={search} />;
  return (
    <Table.Tr>
      <Table.Td>
        {error ? <Failed error={error} retry={() => query({ requestPolicy: "network-only" })} /> : <Skeleton height={20} />}
      </Table.Td>
    </Table.Tr>
  );
}

const monthName = (from: string, zone: string, language: string) =>
  new Intl.DateTimeFormat(language, { month: "short", year: "2-digit", timeZone: zone }).format(new Date(from));

function MonthName({ month, zone }: { month: Month; zone: string }) {
  const { i18n } = useTranslation();
  return <>{monthName(month.from, zone, i18n.language)}</>;
}

interface RowProps {
  name: string;
  row: Pick<Report["customers"]["nodes"][number], "customer" | "oldestSince" | "earlier" | "months">;
  zone: string;
  search: UndeliveredSearch;
}

function Row({ name, row: { customer, oldestSince, earlier, months }, zone, search }: RowProps) {
  const { t, i18n } = useTranslation();
  const cell = (month: number | "earlier", what: string, numbers: Pick<Month, (typeof parts)[number]>) => {
    const there = parts.filter((part) => numbers[part] > 0);
    if (there.length === 0) return null;
    const says = there.map((part) => `${numbers[part]} ${t(`reports.undelivered.parts.${part}`)}`).join(", ");
    return (
      <Anchor
        aria-label={t("reports.undelivered.show", { name, month: what, says })}
        renderRoot={(props) => (
          <Link to="/overview/undelivered" search={{ ...search, customer: customer?.id, month }} {...props} />
        )}
      >
        {there.map((part) => (
          <Text
            key={part}
            span
            size="sm"
            fw={part === "late" ? 650 : 500}
            c={colours[part]}
            ms={6}
            style={{ whiteSpace: "nowrap" }}
          >
            {`${signs[part]}${numbers[part].toLocaleString(i18n.language)}`}
          </Text>
        ))}
      </Anchor>
    );
  };
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={customer ? 500 : 650}>
        {customer ? (
          <Anchor
            inherit
            c="inherit"
            renderRoot={(props) => <Link to="/customers/$customerId" params={{ customerId: customer.id }} {...props} />}
          >
            {name}
          </Anchor>
        ) : (
          name
        )}
      </Table.Th>
      <Table.Td>{oldestSince ? <Time at={oldestSince} /> : "–"}</Table.Td>
      <Table.Td ta="end">
        {cell("earlier", t("reports.undelivered.earlier"), { late: earlier, open: 0, answered: 0, withdrawn: 0 })}
      </Table.Td>
      {months.map((month) => (
        <Table.Td key={month.from} ta="end">
          {cell(month.monthsAgo, monthName(month.from, zone, i18n.language), month)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

/** The waits that a cell counts, as the address says. */
function Listed() {
  const { t, i18n } = useTranslation();
  const { zone } = useOfficeTime();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { customer, month, ...rest } = search;
  const [{ data, fetching }] = useQuery({
    query: UndeliveredCustomerDocument,
    variables: { id: customer ?? "" },
    pause: customer === undefined,
  });
  const title =
    month !== undefined &&
    t("reports.undelivered.list", {
      name: customer === undefined ? t("reports.times.all") : (data?.customer?.name ?? t("reports.undelivered.unknown")),
      month: month === "earlier" ? t("reports.undelivered.earlier") : monthAgo(month, zone, i18n.language, new Date()),
    });
  return (
    <Modal
      // Whoever hears the page is told the title as it opens: it waits for the name.
      opened={title !== false && (customer === undefined || !fetching)}
      onClose={() => void navigate({ search: rest, replace: true })}
      title={title}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
      size="lg"
    >
      {title && (
        <ul className={classes.longest} aria-label={title}>
          <Pages
            key={`${customer ?? ""} ${month}`}
            query={UndeliveredWaitsDocument}
            variables={{
              ...variablesOf(search),
              customerId: customer ?? null,
              monthsAgo: month === "earlier" ? null : month,
              earlier: month === "earlier",
            }}
            pageOf={({ reports }) => reports.undelivered.waits}
            row={({ conversation, since, outcome }) => (
              <Entry
                key={`${conversation.id} ${since}`}
                at={since}
                conversation={conversation}
                says={[
                  t(`reports.times.outcomes.${outcome}`),
                  conversation.responsibleAdministrator?.displayName ?? t("reports.workload.nobody"),
                ].join(" · ")}
              />
            )}
            loading={<Skeleton height={120} role="status" aria-label={t("common.loading")} />}
            empty={<EmptyState size="sm" p="lg" icon={<IconCircleCheck stroke={1.5} />} title={t("reports.weekly.empty")} />}
          />
        </ul>
      )}
    </Modal>
  );
}
