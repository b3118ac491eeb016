import { Badge, EmptyState, Group, Skeleton, Text } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { CustomerImportLinesDocument } from "../../../gql/pages/graphql";
import people from "../../../people/People.module.css";
import { Pages } from "../../../ui/Pages";
import type { Outcome } from "./outcomes";

const pageSize = 50;

const colors: Record<Outcome, string> = { CREATED: "teal", CHANGED: "blue", UNCHANGED: "gray", REFUSED: "red" };

/** The lines of an import, with what becomes of each. */
export function Lines({ id, outcome }: { id: string; outcome: Outcome | null }) {
  const { t } = useTranslation();
  return (
    <ul className={people.people} aria-label={t("customers.import.lines")}>
      <Pages
        query={CustomerImportLinesDocument}
        variables={{ id, outcome, first: pageSize }}
        pageOf={(data) => data.customerImport?.lines}
        row={({ line, outcome: effect, changes, notes, reason, column, number, name, contacts }) => (
          <li key={line} className={people.person}>
            <Text span size="sm" c="dimmed" miw="4.5rem">
              {t("customers.import.line", { line })}
            </Text>
            <div className={people.text}>
              <Text>
                {number && `${number} · `}
                {name}
              </Text>
              {contacts.map((contact) => (
                <Text key={contact.email} size="sm" c="dimmed">
                  {contact.displayName} · {contact.email}
                </Text>
              ))}
              {reason && (
                <Text size="sm" c="var(--status-attention)">
                  {column && `${t("customers.import.column", { column })}: `}
                  {t(`customers.import.reason.${reason}`)}
                </Text>
              )}
              {notes.map((note) => (
                <Text key={note} size="sm">
                  {t(`customers.import.note.${note}`)}
                </Text>
              ))}
            </div>
            {effect && (
              <Group gap={4}>
                {effect === "CHANGED" &&
                  changes.map((change) => (
                    <Badge key={change} variant="default" tt="none" fw={500}>
                      {t(`customers.import.change.${change}`)}
                    </Badge>
                  ))}
                <Badge variant="light" color={colors[effect]} tt="none">
                  {t(`customers.import.outcome.${effect}`)}
                </Badge>
              </Group>
            )}
          </li>
        )}
        loading={<Skeleton h={72} role="status" aria-busy="true" aria-label={t("common.loading")} />}
        empty={<EmptyState p="xl" icon={<IconListSearch stroke={1.5} />} title={t("customers.import.empty")} />}
      />
    </ul>
  );
}
