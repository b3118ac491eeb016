import { BarChart } from "@mantine/charts";
import { Anchor, EmptyState, Table } from "@mantine/core";
import { IconMoodSmile } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { OverviewQuery } from "../../gql/pages/graphql";
import { Time } from "../../ui/Time";
import type { ListSearch } from "../conversations";
import { Count } from "./Count";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";

type Row = OverviewQuery["reports"]["workload"][number];

const total = ({ open, attention }: Row) => open + attention;
const responsible = ({ administrator }: Row) => administrator?.id ?? "none";

/** The workload of each administrator: bars to compare, and a table whose numbers lead to what they count. */
export function Workload({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const sorted = rows.toSorted((one, other) => total(other) - total(one));
  const name = ({ administrator }: Row) => administrator?.displayName ?? t("reports.workload.nobody");
  const count = (row: Row, value: number, what: string, search: ListSearch) => (
    <Count
      value={value}
      label={t("reports.workload.show", { name: name(row), count: value, what })}
      link={(props) => <Link to="/conversations" search={{ responsible: responsible(row), ...search }} {...props} />}
    />
  );
  return (
    <Panel
      title={t("reports.workload.title")}
      lead={t("reports.workload.lead")}
      actions={
        <Anchor size="sm" renderRoot={(props) => <Link to="/overview/work" {...props} />}>
          {t("reports.work.title")}
        </Anchor>
      }
    >
      {sorted.length === 0 ? (
        <EmptyState size="sm" p="lg" icon={<IconMoodSmile stroke={1.5} />} title={t("reports.workload.empty")} />
      ) : (
        <>
          {/* The table below says the same. */}
          <div aria-hidden="true" className={classes.bars}>
            <BarChart
              h={sorted.length * 34 + 56}
              data={sorted.map((row) => ({
                name: name(row),
                open: row.open,
                attention: row.attention,
                responsible: responsible(row),
              }))}
              dataKey="name"
              orientation="vertical"
              type="stacked"
              withLegend
              legendProps={{ verticalAlign: "top", align: "left", height: 32 }}
              gridAxis="none"
              tickLine="none"
              withXAxis={false}
              textColor="var(--mantine-color-text)"
              cursorFill="var(--surface-hover)"
              accessibilityLayer={false}
              maxBarWidth={16}
              yAxisProps={{ width: 130, tickMargin: 6 }}
              barProps={{
                isAnimationActive: false,
                cursor: "pointer",
                onClick: ({ payload }) =>
                  void navigate({
                    to: "/conversations",
                    search: { responsible: (payload as { responsible: string }).responsible },
                  }),
              }}
              series={[
                { name: "open", label: t("conversations.status.OPEN"), color: "var(--status-open)" },
                { name: "attention", label: t("conversations.status.ATTENTION"), color: "var(--status-attention)" },
              ]}
            />
          </div>
          <Table.ScrollContainer minWidth={430} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
            <Table verticalSpacing={6}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("reports.workload.who")}</Table.Th>
                  <Table.Th ta="end">{t("conversations.status.OPEN")}</Table.Th>
                  <Table.Th ta="end">{t("conversations.status.ATTENTION")}</Table.Th>
                  <Table.Th ta="end">{t("reports.workload.awaiting")}</Table.Th>
                  <Table.Th>{t("reports.workload.since")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sorted.map((row) => (
                  <Table.Tr key={responsible(row)}>
                    <Table.Th scope="row" fw={500}>
                      {name(row)}
                    </Table.Th>
                    <Table.Td ta="end">{count(row, row.open, t("conversations.status.OPEN"), { status: "open" })}</Table.Td>
                    <Table.Td ta="end">
                      {count(row, row.attention, t("conversations.status.ATTENTION"), { status: "attention" })}
                    </Table.Td>
                    <Table.Td ta="end">
                      {count(row, row.awaitingOffice, t("reports.figures.awaiting"), { awaiting: "office" })}
                    </Table.Td>
                    <Table.Td>{row.oldestAwaitingSince ? <Time at={row.oldestAwaitingSince} /> : "–"}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </>
      )}
    </Panel>
  );
}
