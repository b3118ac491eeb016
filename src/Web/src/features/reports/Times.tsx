import { Anchor, EmptyState, Group, Modal, SegmentedControl, Skeleton, Table, Text } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import {
  type TimeBasis,
  TimesDocument,
  type WaitFigurePartsFragment,
  type WaitOutcome,
  WaitsDocument,
} from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Pages } from "../../ui/Pages";
import { Time } from "../../ui/Time";
import { duration, workingTime } from "./duration";
import { instants } from "./instants";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";
import type { Range } from "./ranges";
import { Subject } from "./Subject";

const kinds = ["officeReply", "customerAnswer", "resolution"] as const;
type Kind = (typeof kinds)[number];

const groupings = ["ADMINISTRATOR", "CUSTOMER"] as const;
type Grouping = (typeof groupings)[number];

interface Props {
  range: Range;
  now: Date;
  again: () => void;
}

/** Which waits are listed: those of a number. */
interface Listed {
  title: string;
  outcome: WaitOutcome;
  administratorId?: string;
  nobody?: boolean;
  customerId?: string;
}

/** Times of replies, answers and resolutions: of all, and by person or customer. Each number opens what it counts. */
export function Times({ range, now, again }: Props) {
  const { t, i18n } = useTranslation();
  const zone = useViewer().organisation.settings.timeZone;
  const [kind, setKind] = useState<Kind>("officeReply");
  const [groupBy, setGroupBy] = useState<Grouping>("ADMINISTRATOR");
  const [listed, setListed] = useState<Listed>();
  const [opened, setOpened] = useState(false);
  const which = useMemo(
    () => ({
      from: instants(range, zone, now)[0]!,
      to: now.toISOString(),
      ofOffice: kind === "officeReply",
      ofCustomer: kind === "customerAnswer",
      ofResolution: kind === "resolution",
    }),
    [range, zone, now, kind],
  );
  const [{ data, error, stale }] = useQuery({ query: TimesDocument, variables: { ...which, groupBy } });
  const figures = data && (data.reports.officeReplyTime ?? data.reports.customerAnswerTime ?? data.reports.resolutionTime);
  const business =
    data &&
    (data.reports.businessOfficeReplyTime ?? data.reports.businessCustomerAnswerTime ?? data.reports.businessResolutionTime);
  const hidden = data?.organisation.settings.showsPersonalTimes === false;
  const grouping = hidden ? "CUSTOMER" : groupBy;
  if (hidden && groupBy !== "CUSTOMER") setGroupBy("CUSTOMER");
  const inBusiness = (row: WaitFigurePartsFragment) =>
    row === figures?.total
      ? business?.total
      : business?.groups.find(
          (other) => other.administrator?.id === row.administrator?.id && other.customer?.id === row.customer?.id,
        );
  const working = (seconds: number | null | undefined) =>
    seconds === null || seconds === undefined ? "–" : workingTime(seconds, i18n.language);
  const length = (seconds: number | null) => (seconds === null ? "–" : duration(seconds, i18n.language));
  const name = (row: WaitFigurePartsFragment) =>
    row === figures?.total
      ? t("reports.times.all")
      : (row.administrator?.displayName ?? row.customer?.name ?? t("reports.times.nobody"));
  const group = (row: WaitFigurePartsFragment): Pick<Listed, "administratorId" | "nobody" | "customerId"> =>
    row === figures?.total
      ? {}
      : row.administrator
        ? { administratorId: row.administrator.id }
        : row.customer
          ? { customerId: row.customer.id }
          : { nobody: true };
  const list = (row: WaitFigurePartsFragment, outcome: WaitOutcome) => {
    setListed({ title: `${name(row)}: ${t(`reports.times.outcomes.${outcome}`)}`, outcome, ...group(row) });
    setOpened(true);
  };
  return (
    <Panel
      title={t("reports.times.title")}
      lead={t(`reports.times.leads.${kind}`)}
      actions={
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label={t("reports.times.kind")}
            value={kind}
            onChange={(value) => setKind(value as Kind)}
            data={kinds.map((value) => ({ value, label: t(`reports.times.kinds.${value}`) }))}
          />
          <SegmentedControl
            size="xs"
            aria-label={t("reports.times.groupBy")}
            value={grouping}
            onChange={(value) => setGroupBy(value as Grouping)}
            data={groupings
              .filter((value) => !(hidden && value === "ADMINISTRATOR"))
              .map((value) => ({ value, label: t(`reports.times.groups.${value}`) }))}
          />
        </Group>
      }
    >
      {error && !figures ? (
        <Failed error={error} retry={again} />
      ) : !figures ? (
        <Skeleton height={160} role="status" aria-label={t("common.loading")} />
      ) : (
        <>
          <Table.ScrollContainer minWidth={760} mah={360} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
            <Table verticalSpacing={6} stickyHeader aria-busy={stale}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t(`reports.times.groups.${grouping}`)}</Table.Th>
                  <Table.Th ta="end">{t("reports.times.median")}</Table.Th>
                  <Table.Th ta="end">{t("reports.times.p90")}</Table.Th>
                  <Table.Th ta="end">{t("reports.times.businessMedian")}</Table.Th>
                  <Table.Th ta="end">{t("reports.times.businessP90")}</Table.Th>
                  {figures.total.outcomes.map(({ outcome }) => (
                    <Table.Th key={outcome} ta="end">
                      {t(`reports.times.outcomes.${outcome}`)}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {[figures.total, ...figures.groups].map((row) => (
                  <Table.Tr key={row === figures.total ? "all" : (row.administrator?.id ?? row.customer?.id ?? "nobody")}>
                    <Table.Th scope="row" fw={500}>
                      {name(row)}
                    </Table.Th>
                    <Table.Td ta="end">{length(row.median)}</Table.Td>
                    <Table.Td ta="end">{length(row.p90)}</Table.Td>
                    <Table.Td ta="end">{working(inBusiness(row)?.median)}</Table.Td>
                    <Table.Td ta="end">{working(inBusiness(row)?.p90)}</Table.Td>
                    {row.outcomes.map(({ outcome, count }) => (
                      <Table.Td key={outcome} ta="end">
                        {count === 0 ? (
                          <Text span c="dimmed">
                            0
                          </Text>
                        ) : (
                          <Anchor
                            component="button"
                            type="button"
                            fw={560}
                            aria-label={t("reports.times.show", {
                              name: name(row),
                              count,
                              what: t(`reports.times.outcomes.${outcome}`),
                            })}
                            onClick={() => list(row, outcome)}
                          >
                            {count}
                          </Anchor>
                        )}
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {business?.isDefaultCalendar && (
            <Text size="sm" c="dimmed" mt="xs">
              {t("reports.times.defaultCalendar")}
            </Text>
          )}
          {figures.groupCount > figures.groups.length && (
            <Text size="sm" c="dimmed" mt="xs">
              {t("reports.times.more", { count: figures.groupCount - figures.groups.length })}
            </Text>
          )}
        </>
      )}
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={listed?.title}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
        size="lg"
      >
        {listed && <Waits {...which} listed={listed} />}
      </Modal>
    </Panel>
  );
}

interface WaitsProps {
  from: string;
  to: string;
  ofOffice: boolean;
  ofCustomer: boolean;
  ofResolution: boolean;
  listed: Listed;
}

const bases = ["CALENDAR", "BUSINESS"] as const satisfies readonly TimeBasis[];

/** The waits that a number counts, each with its conversation. */
function Waits({ listed: { title, ...filter }, ...which }: WaitsProps) {
  const { t, i18n } = useTranslation();
  const [basis, setBasis] = useState<TimeBasis>("CALENDAR");
  const length = basis === "BUSINESS" ? workingTime : duration;
  return (
    <>
      <SegmentedControl
        size="xs"
        mb="xs"
        aria-label={t("reports.times.basis")}
        value={basis}
        onChange={(value) => setBasis(value as TimeBasis)}
        data={bases.map((value) => ({ value, label: t(`reports.times.bases.${value}`) }))}
      />
      <ul className={classes.longest} aria-label={title}>
        <Pages
          key={basis}
          query={WaitsDocument}
          variables={{ ...which, ...filter, basis }}
          pageOf={({ reports }) => (reports.officeReplyTime ?? reports.customerAnswerTime ?? reports.resolutionTime)?.waits}
          loading={<Skeleton height={120} role="status" aria-label={t("common.loading")} />}
          empty={<EmptyState size="sm" p="lg" icon={<IconClock stroke={1.5} />} title={t("reports.times.empty")} />}
          row={({ conversation, since, seconds, administrator }) => (
            <li key={`${conversation.id} ${since}`}>
              <div className={classes.line}>
                <Subject {...conversation} />
                <Text span size="sm">
                  {seconds === null ? t("reports.times.since") : length(seconds, i18n.language)}
                </Text>
              </div>
              <div className={classes.line}>
                <Text span size="sm" c="dimmed" truncate flex={1}>
                  {[conversation.customer.name, administrator?.displayName].filter(Boolean).join(" · ")}
                </Text>
                <Text span size="xs" c="dimmed">
                  <Time at={since} />
                </Text>
              </div>
            </li>
          )}
        />
      </ul>
    </>
  );
}
