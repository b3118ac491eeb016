import { Checkbox, Switch, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { useViewer } from "../../../api/session";
import {
  type NotificationKind,
  type ProfileQuery,
  type Role,
  UpdateNotificationPreferencesDocument,
} from "../../../gql/pages/graphql";
import { mayEnter } from "../../../session/access";
import { Refused } from "../../../ui/Refused";
import { Section } from "../../../ui/Section";
import { setDesktop, useDesktop } from "../desktop";
import { choose, kindsOf } from "./kinds";

interface Chosen {
  emailFor: readonly NotificationKind[];
  inAppFor: readonly NotificationKind[];
  emailUnlessRead: boolean;
  weeklyReport: boolean;
  dailyCheckpoint: boolean;
}

interface Props {
  preferences: ProfileQuery["viewer"]["notificationPreferences"];
  role: Role;
}

/** Of what one is told, in which way. Each choice is saved at once. */
export function Preferences({ preferences, role }: Props) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const [{ fetching }, update] = useMutation(UpdateNotificationPreferencesDocument);
  const [refused, setRefused] = useState<string>();
  const [saved, setSaved] = useState(false);
  const [chosen, setChosen] = useState<Chosen>(preferences);
  const desktop = useDesktop();

  // Shown at once; what the server refuses is taken back.
  const save = async <Field extends keyof Chosen>(field: Field, choice: Chosen[Field]) => {
    setSaved(false);
    setChosen((now) => ({ ...now, [field]: choice }));
    const { data, error } = await update({ input: { [field]: choice } });
    const refusal = data?.updateNotificationPreferences.errors[0];
    setRefused(error ? failureText(t, error) : refusal && refusalText(t, refusal));
    setSaved(!error && !refusal);
    if (error || refusal) setChosen((now) => ({ ...now, [field]: preferences[field] }));
  };

  return (
    <Section title={t("notifications.preferences.title")} lead={t("notifications.preferences.lead")} anchor="notifications">
      {refused && <Refused mb="sm">{refused}</Refused>}
      <Table verticalSpacing={9} aria-busy={fetching}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("notifications.preferences.what")}</Table.Th>
            <Table.Th ta="center">{t("notifications.preferences.email")}</Table.Th>
            <Table.Th ta="center">{t("notifications.preferences.inApp")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {kindsOf(role).map((kind) => (
            <Table.Tr key={kind}>
              <Table.Th scope="row" fw={450}>
                {t(`notifications.preferences.kind.${kind}`)}
              </Table.Th>
              {(
                [
                  ["emailFor", "email"],
                  ["inAppFor", "inApp"],
                ] as const
              ).map(([field, way]) => (
                <Table.Td key={field}>
                  <Checkbox
                    display="flex"
                    style={{ justifyContent: "center" }}
                    aria-label={`${t(`notifications.preferences.kind.${kind}`)}: ${t(`notifications.preferences.${way}`)}`}
                    checked={chosen[field].includes(kind)}
                    onChange={({ currentTarget }) => void save(field, choose(chosen[field], kind, currentTarget.checked))}
                  />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Checkbox
        mt="sm"
        label={t("notifications.preferences.unlessRead")}
        description={t("notifications.preferences.unlessReadHint")}
        checked={chosen.emailUnlessRead}
        onChange={({ currentTarget }) => void save("emailUnlessRead", currentTarget.checked)}
      />
      {mayEnter(viewer, "overview") && (
        <Checkbox
          mt="sm"
          label={t("notifications.preferences.weekly")}
          description={t("notifications.preferences.weeklyHint")}
          checked={chosen.weeklyReport}
          onChange={({ currentTarget }) => void save("weeklyReport", currentTarget.checked)}
        />
      )}
      {viewer.seesAllHistory && (
        <Checkbox
          mt="sm"
          label={t("notifications.preferences.checkpoint")}
          description={t("notifications.preferences.checkpointHint")}
          checked={chosen.dailyCheckpoint}
          onChange={({ currentTarget }) => void save("dailyCheckpoint", currentTarget.checked)}
        />
      )}
      <Text role="status" size="sm" c="var(--status-answered)" mih={20}>
        {saved && t("common.action.saved")}
      </Text>
      <Switch
        mt="xs"
        label={t("notifications.desktop.label")}
        description={t(
          desktop === "blocked" || desktop === "unsupported" ? `notifications.desktop.${desktop}` : "notifications.desktop.hint",
        )}
        disabled={desktop === "blocked" || desktop === "unsupported"}
        checked={desktop === "on"}
        onChange={({ currentTarget }) => void setDesktop(currentTarget.checked)}
      />
    </Section>
  );
}
