import { BarChart } from "@mantine/charts";
import { SegmentedControl, Skeleton, Table } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { ActivityDocument, type ActivityQuery } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { instants, label } from "./instants";
import { Panel } from "./Panel";
import { intervals, type Range } from "./ranges";

type Figure = Exclude<keyof ActivityQuery["reports"]["activity"][number], "start" | "__typename">;

const figures: readonly Figure[] = [
  "created",
  "answered",
  "reopened",
  "commentsByCustomers",
  "commentsByOffice",
  "filesAttached",
];
const charts = {
  conversations: [
    { name: "created", color: "var(--status-open)" },
    { name: "answered", color: "var(--status-answered)" },
    { name: "reopened", color: "var(--status-attention)" },
  ],
  comments: [
    { name: "commentsByCustomers", color: "var(--status-open)" },
    { name: "commentsByOffice", color: "var(--status-answered)" },
  ],
} as const satisfies Record<string, readonly { name: Figure; color: string }[]>;

interface Props {
  range: Range;
  now: Date;
  again: () => void;
}

/** Activity by day, week or month: as a chart of conversations or of comments, or all of it as a table. */
export function Activity({ range, now, again }: Props) {
  const { t, i18n } = useTranslation();
  const zone = useViewer().organisation.settings.timeZone;
  const [as, setAs] = useState<keyof typeof charts | "table">("conversations");
  // The first of the backlog's instants ends what is before; from there on this counts.
  const variables = useMemo(
    () => ({ from: instants(range, zone, now)[0]!, to: now.toISOString(), interval: intervals[range] }),
    [range, zone, now],
  );
  const [{ data, error, stale }] = useQuery({ query: ActivityDocument, variables });
  const latest = useLast(data?.reports.activity, range);
  // A part is called by an instant within it; it begins at its start.
  const rows = latest?.map((bucket) => ({
    ...bucket,
    label: label(range, new Date(Date.parse(bucket.start) + 2).toISOString(), zone, i18n.language),
  }));
  const sum = (figure: Figure) => rows?.reduce((total, row) => total + row[figure], 0) ?? 0;
  return (
    <Panel
      title={t("reports.activity.title")}
      lead={t("reports.activity.lead")}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t("reports.as.label")}
          value={as}
          onChange={(value) => setAs(value as typeof as)}
          data={[
            ...(["conversations", "comments"] as const).map((value) => ({ value, label: t(`reports.activity.${value}`) })),
            { value: "table", label: t("reports.as.table") },
          ]}
        />
      }
    >
      {error && !rows ? (
        <Failed error={error} retry={again} />
      ) : !rows ? (
        <Skeleton height={200} role="status" aria-label={t("common.loading")} />
      ) : as === "table" ? (
        <Table.ScrollContainer minWidth={640} mah={300} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table verticalSpacing={4} stickyHeader striped aria-busy={stale}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("reports.activity.when")}</Table.Th>
                {figures.map((figure) => (
                  <Table.Th key={figure} ta="end">
                    {t(`reports.activity.figures.${figure}`)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.toReversed().map((row) => (
                <Table.Tr key={row.start}>
                  <Table.Td>{row.label}</Table.Td>
                  {figures.map((figure) => (
                    <Table.Td key={figure} ta="end">
                      {row[figure]}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      ) : (
        <div
          role="img"
          aria-label={charts[as].map(({ name }) => `${t(`reports.activity.figures.${name}`)}: ${sum(name)}`).join(", ")}
        >
          <BarChart
            h={200}
            data={rows}
            dataKey="label"
            withLegend
            legendProps={{ verticalAlign: "top", align: "left", height: 32 }}
            gridColor="var(--line)"
            textColor="var(--mantine-color-dimmed)"
            cursorFill="var(--surface-hover)"
            accessibilityLayer={false}
            maxBarWidth={18}
            xAxisProps={{ minTickGap: 24 }}
            yAxisProps={{ allowDecimals: false, width: 36 }}
            barProps={{ isAnimationActive: false }}
            series={charts[as].map(({ name, color }) => ({ name, color, label: t(`reports.activity.figures.${name}`) }))}
          />
        </div>
      )}
    </Panel>
  );
}

/** The last value of the same range, while a newer one is on its way. */
function useLast<T>(value: T | undefined, range: Range) {
  const [latest, setLatest] = useState<{ value: T; range: Range }>();
  useEffect(() => {
    if (value) setLatest({ value, range });
  }, [value, range]);
  return value ?? (latest?.range === range ? latest.value : undefined);
}
