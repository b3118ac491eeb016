import { AreaChart } from "@mantine/charts";
import { Group, SegmentedControl, Skeleton, Table } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CombinedError } from "urql";
import { useViewer } from "../../api/session";
import { Failed } from "../../ui/Failed";
import { label } from "./instants";
import { Panel } from "./Panel";
import { type Range, ranges } from "./ranges";
import type { Point } from "./useBacklog";

interface Props {
  range: Range;
  points?: Point[];
  error?: CombinedError;
  again: () => void;
}

/** The backlog over time, as a chart or as a table. */
export function Backlog({ range, points, error, again }: Props) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const zone = useViewer().organisation.settings.timeZone;
  const [as, setAs] = useState("chart");
  const rows = points?.map((point) => ({ ...point, label: label(range, point.at, zone, i18n.language) }));
  const last = rows?.at(-1);
  return (
    <Panel
      title={t("reports.backlog.title")}
      lead={t("reports.backlog.lead")}
      actions={
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label={t("reports.backlog.range")}
            value={range}
            onChange={(value) => void navigate({ to: "/overview", search: { range: value as Range }, replace: true })}
            data={ranges.map((value) => ({ value, label: t(`reports.backlog.ranges.${value}`) }))}
          />
          <SegmentedControl
            size="xs"
            aria-label={t("reports.as.label")}
            value={as}
            onChange={setAs}
            data={(["chart", "table"] as const).map((value) => ({ value, label: t(`reports.as.${value}`) }))}
          />
        </Group>
      }
    >
      {error && !rows ? (
        <Failed error={error} retry={again} />
      ) : !rows || !last ? (
        <Skeleton height={240} role="status" aria-label={t("common.loading")} />
      ) : as === "chart" ? (
        <div
          role="img"
          aria-label={t("reports.backlog.summary", {
            open: last.open,
            attention: last.attention,
            from: rows[0]?.label,
            thenOpen: rows[0]?.open,
            thenAttention: rows[0]?.attention,
          })}
        >
          <AreaChart
            h={240}
            data={rows}
            dataKey="label"
            type="stacked"
            curveType="monotone"
            withLegend
            legendProps={{ verticalAlign: "top", align: "left", height: 32 }}
            gridColor="var(--line)"
            textColor="var(--mantine-color-dimmed)"
            withDots={false}
            fillOpacity={0.25}
            accessibilityLayer={false}
            xAxisProps={{ minTickGap: 24 }}
            yAxisProps={{ allowDecimals: false, width: 36 }}
            areaProps={{ isAnimationActive: false }}
            series={[
              { name: "open", label: t("conversations.status.OPEN"), color: "var(--status-open)" },
              {
                name: "attention",
                label: t("conversations.status.ATTENTION"),
                color: "var(--status-attention)",
                strokeDasharray: "5 3",
              },
            ]}
          />
        </div>
      ) : (
        <Table.ScrollContainer minWidth={320} mah={300} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table verticalSpacing={4} stickyHeader striped>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("reports.backlog.until")}</Table.Th>
                <Table.Th ta="end">{t("conversations.status.OPEN")}</Table.Th>
                <Table.Th ta="end">{t("conversations.status.ATTENTION")}</Table.Th>
                <Table.Th ta="end">{t("reports.backlog.sum")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.toReversed().map((row) => (
                <Table.Tr key={row.at}>
                  <Table.Td>{row === last ? t("reports.backlog.now") : row.label}</Table.Td>
                  <Table.Td ta="end">{row.open}</Table.Td>
                  <Table.Td ta="end">{row.attention}</Table.Td>
                  <Table.Td ta="end">{row.open + row.attention}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  );
}
