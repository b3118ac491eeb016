import { Anchor, Button, EmptyState, Group, Modal, SegmentedControl, Skeleton, Table, Text, TextInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { WorkConversationsDocument, WorkDocument, type WorkNumbersFragment, type WorkQuery } from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Page } from "../../ui/Page";
import { Pages } from "../../ui/Pages";
import { Time } from "../../ui/Time";
import { Count } from "./Count";
import { Entry } from "./Entry";
import { inField, ofField } from "./instants";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";
import { TakeTable } from "./TakeTable";
import { type Part, parts, type WorkSearch } from "./work";

type Work = WorkQuery["reports"]["work"];
type Row = WorkNumbersFragment & Partial<Work["groups"]["nodes"][number]>;

const route = getRouteApi("/shell/overview/work");

const numbers = { open: "open", attention: "attention", awaiting: "awaitingReply" } as const satisfies Record<
  Part,
  keyof WorkNumbersFragment
>;

/** What was not answered at an instant, by who was responsible or by customer. Each number opens what it counts. */
export function WorkPage() {
  const { t } = useTranslation();
  const zone = useViewer().organisation.settings.timeZone;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { at, by } = search;
  const [{ data, error, stale }, query] = useQuery({
    query: WorkDocument,
    variables: { at: at ?? null, groupBy: by ? "CUSTOMER" : "ADMINISTRATOR" },
    requestPolicy: "cache-and-network",
  });
  const show = (next: WorkSearch) => void navigate({ search: next, replace: true });
  const work = data?.reports.work;
  return (
    <Page
      title={t("reports.work.title")}
      wide
      actions={
        <Group gap="md">
          <Anchor size="sm" renderRoot={(props) => <Link to="/overview" {...props} />}>
            {t("reports.weekly.overview")}
          </Anchor>
          <TakeTable table="work" parameters={{ groupBy: by ? "CUSTOMER" : "ADMINISTRATOR", ...(at ? { at } : {}) }} />
        </Group>
      }
    >
      <Group align="end" gap="sm" mb="lg">
        <TextInput
          type="datetime-local"
          label={t("reports.work.at")}
          description={t("reports.work.zone", { zone })}
          value={at ? inField(at, zone) : ""}
          onChange={({ currentTarget }) => show({ at: ofField(currentTarget.value, zone), by })}
        />
        <Button variant="default" disabled={!at} onClick={() => show({ by })}>
          {t("reports.work.now")}
        </Button>
        <SegmentedControl
          aria-label={t("reports.times.groupBy")}
          value={by ?? "person"}
          onChange={(value) => show({ at, by: value === "customer" ? value : undefined })}
          data={[
            { value: "person", label: t("reports.times.groups.ADMINISTRATOR") },
            { value: "customer", label: t("reports.times.groups.CUSTOMER") },
          ]}
        />
      </Group>
      <Panel title={t(`reports.work.${at ? "then" : "current"}`)} lead={t("reports.work.lead")}>
        {error && !work ? (
          <Failed error={error} retry={() => query({ requestPolicy: "network-only" })} />
        ) : !work ? (
          <Skeleton height={220} role="status" aria-label={t("common.loading")} />
        ) : (
          <Rows work={work} search={{ at, by }} busy={stale} />
        )}
      </Panel>
      <Listed work={work} />
    </Page>
  );
}

const nameOf = ({ administrator, customer }: Row) => administrator?.displayName ?? customer?.name;

function Rows({ work, search, busy }: { work: Work; search: WorkSearch; busy: boolean }) {
  const { t } = useTranslation();
  const { by } = search;
  const { total, groups } = work;
  // Who was deleted is nobody that is known, and not nobody.
  const lines: { key: string; row: Row; name: string; of: WorkSearch | undefined }[] = [
    { key: "all", row: total, name: t("reports.times.all"), of: {} },
    ...groups.nodes.map((row, index) => {
      const id = row.administrator?.id ?? row.customer?.id;
      return {
        key: id ?? `${index}`,
        row,
        name: nameOf(row) ?? (by ? "–" : t("reports.workload.nobody")),
        of: by ? (id ? { customer: id } : undefined) : { person: id ?? "none" },
      };
    }),
  ];
  return (
    <>
      <Table.ScrollContainer minWidth={520} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing={6} aria-busy={busy}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t(by ? "reports.times.groups.CUSTOMER" : "reports.workload.who")}</Table.Th>
              {(Object.keys(parts) as Part[]).map((part) => (
                <Table.Th key={part} ta="end">
                  {t(`reports.work.parts.${part}`)}
                </Table.Th>
              ))}
              <Table.Th>{t("reports.workload.since")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map(({ key, row, name, of }) => (
              <Table.Tr key={key}>
                <Table.Th scope="row" fw={key === "all" ? 650 : 500}>
                  {name}
                </Table.Th>
                {(Object.keys(parts) as Part[]).map((part) => {
                  const value = row[numbers[part]] as number;
                  return (
                    <Table.Td key={part} ta="end">
                      {of ? (
                        <Count
                          value={value}
                          label={t("reports.workload.show", { name, count: value, what: t(`reports.work.parts.${part}`) })}
                          link={(props) => <Link to="/overview/work" search={{ ...search, ...of, list: part }} {...props} />}
                        />
                      ) : (
                        value
                      )}
                    </Table.Td>
                  );
                })}
                <Table.Td>{row.oldestAwaitingSince ? <Time at={row.oldestAwaitingSince} /> : "–"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {groups.totalCount > groups.nodes.length && (
        <Text size="sm" c="dimmed" mt="xs">
          {t("reports.times.more", { count: groups.totalCount - groups.nodes.length })}
        </Text>
      )}
    </>
  );
}

/** The list of what a number counts, as the address says. */
function Listed({ work }: { work: Work | undefined }) {
  const { t } = useTranslation();
  const { list, person, customer, at, by } = route.useSearch();
  const navigate = route.useNavigate();
  const id = person ?? customer;
  const row: Row | undefined = work?.groups.nodes.find((one) => (one.administrator?.id ?? one.customer?.id) === id);
  const name = person === "none" ? t("reports.workload.nobody") : row && nameOf(row);
  const title = list && [id ? name : t("reports.times.all"), t(`reports.work.parts.${list}`)].filter(Boolean).join(": ");
  return (
    <Modal
      opened={list !== undefined}
      onClose={() => void navigate({ search: { at, by }, replace: true })}
      title={title}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
      size="lg"
    >
      {list && (
        <ul className={classes.longest} aria-label={title}>
          <Pages
            key={`${list} ${id ?? ""}`}
            query={WorkConversationsDocument}
            variables={{
              at: at ?? null,
              of: parts[list],
              administratorId: person && person !== "none" ? person : null,
              nobody: person === "none",
              customerId: customer ?? null,
            }}
            pageOf={({ reports }) => reports.work.conversations}
            row={({ conversation, since }) => <Entry key={conversation.id} at={since} conversation={conversation} />}
            loading={<Skeleton height={120} role="status" aria-label={t("common.loading")} />}
            empty={<EmptyState size="sm" p="lg" icon={<IconCircleCheck stroke={1.5} />} title={t("reports.weekly.empty")} />}
          />
        </ul>
      )}
    </Modal>
  );
}
