import { Anchor, EmptyState, Modal, Skeleton, Table, Text } from "@mantine/core";
import { IconBellOff } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import {
  NotificationFiguresDocument,
  type NotificationFiguresQuery,
  type NotificationPart,
  NotifiedConversationsDocument,
} from "../../gql/pages/graphql";
import { Failed } from "../../ui/Failed";
import { Pages } from "../../ui/Pages";
import { instants } from "./instants";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";
import type { Range } from "./ranges";
import { Subject } from "./Subject";

type Figure = NotificationFiguresQuery["reports"]["notifications"]["kinds"][number];

const parts = {
  mails: "MAILS",
  sent: "SENT",
  failed: "FAILED",
  perhapsSent: "PERHAPS_SENT",
  pending: "PENDING",
  notNeeded: "NOT_NEEDED",
  inProfile: "IN_PROFILE",
  read: "READ",
} as const satisfies Record<Exclude<keyof Figure, "kind" | "__typename">, NotificationPart>;

type Part = keyof typeof parts;

// What is about an account is in no conversation.
const ofConversations: readonly Figure["kind"][] = [
  "CONVERSATION_CREATED",
  "CUSTOMER_COMMENTED",
  "ADMINISTRATOR_COMMENTED",
  "ADMINISTRATORS_NOTIFIED",
  "ASSIGNED",
  "STATUS_CHANGED",
];

interface Props {
  range: Range;
  now: Date;
  again: () => void;
}

/** The mails and notifications of a range, by kind, and what has become of them. Numbers open the conversations that they are of. */
export function Notified({ range, now, again }: Props) {
  const { t, i18n } = useTranslation();
  const zone = useViewer().organisation.settings.timeZone;
  const [listed, setListed] = useState<{ kind: Figure["kind"]; part: Part }>();
  const [opened, setOpened] = useState(false);
  const which = useMemo(() => ({ from: instants(range, zone, now)[0]!, to: now.toISOString() }), [range, zone, now]);
  const [{ data, error, stale }] = useQuery({ query: NotificationFiguresDocument, variables: which });
  const kinds = data?.reports.notifications.kinds;
  const title = listed && `${t(`notifications.deliveries.kind.${listed.kind}`)}: ${t(`reports.notified.parts.${listed.part}`)}`;
  return (
    <Panel title={t("reports.notified.title")} lead={t("reports.notified.lead")}>
      {error && !kinds ? (
        <Failed error={error} retry={again} />
      ) : !kinds ? (
        <Skeleton height={160} role="status" aria-label={t("common.loading")} />
      ) : kinds.length === 0 ? (
        <EmptyState size="sm" p="lg" icon={<IconBellOff stroke={1.5} />} title={t("reports.notified.none")} />
      ) : (
        <Table.ScrollContainer minWidth={820} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table verticalSpacing={6} aria-busy={stale}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("reports.notified.kind")}</Table.Th>
                {(Object.keys(parts) as Part[]).map((part) => (
                  <Table.Th key={part} ta="end">
                    {t(`reports.notified.parts.${part}`)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {kinds.map((figure) => (
                <Table.Tr key={figure.kind}>
                  <Table.Th scope="row" fw={500}>
                    {t(`notifications.deliveries.kind.${figure.kind}`)}
                  </Table.Th>
                  {(Object.keys(parts) as Part[]).map((part) => (
                    <Table.Td key={part} ta="end">
                      {figure[part] > 0 && ofConversations.includes(figure.kind) ? (
                        <Anchor
                          component="button"
                          type="button"
                          fw={560}
                          aria-label={t("reports.times.show", {
                            name: t(`notifications.deliveries.kind.${figure.kind}`),
                            count: figure[part],
                            what: t(`reports.notified.parts.${part}`),
                          })}
                          onClick={() => {
                            setListed({ kind: figure.kind, part });
                            setOpened(true);
                          }}
                        >
                          {figure[part].toLocaleString(i18n.language)}
                        </Anchor>
                      ) : (
                        <Text span c={figure[part] === 0 ? "dimmed" : undefined}>
                          {figure[part].toLocaleString(i18n.language)}
                        </Text>
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={title}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
        size="lg"
      >
        {listed && (
          <ul className={classes.longest} aria-label={title}>
            <Pages
              key={`${listed.kind} ${listed.part}`}
              query={NotifiedConversationsDocument}
              variables={{ ...which, kind: listed.kind, of: parts[listed.part] }}
              pageOf={({ reports }) => reports.notifications.conversations}
              loading={<Skeleton height={120} role="status" aria-label={t("common.loading")} />}
              row={({ conversation, count }) => (
                <li key={conversation.id}>
                  <div className={classes.line}>
                    <Subject {...conversation} />
                    <Text span size="sm">
                      {count.toLocaleString(i18n.language)}
                    </Text>
                  </div>
                  <Text span size="sm" c="dimmed" truncate display="block">
                    {conversation.customer.name}
                  </Text>
                </li>
              )}
            />
          </ul>
        )}
      </Modal>
    </Panel>
  );
}
