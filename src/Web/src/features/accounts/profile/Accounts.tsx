import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconBuilding, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";
import { attemptText, byField } from "../../../api/errors";
import { useViewer } from "../../../api/session";
import { AccountsDocument } from "../../../gql/graphql";
import { JoinAccountsDocument } from "../../../gql/pages/graphql";
import { useAccounts } from "../../../session/accounts";
import { Refused } from "../../../ui/Refused";
import { Section } from "../../../ui/Section";
import { PasswordField } from "../passwords/PasswordField";
import classes from "./Devices.module.css";

/** The accounts that one password opens, and the way to add those that have another one. */
export function Accounts() {
  const { t } = useTranslation();
  const accounts = useAccounts();
  const [adding, setAdding] = useState(false);
  const [joined, setJoined] = useState(false);
  return (
    <Section title={t("accounts.profile.accounts.title")} lead={t("accounts.profile.accounts.lead")} anchor="accounts">
      <Stack gap={0} component="ul" className={classes.list} aria-label={t("accounts.profile.accounts.title")}>
        {accounts.map(({ organisationId, organisationName, personId, customerName, role, isCurrent }) => (
          <li key={`${organisationId} ${personId}`} className={classes.device}>
            {customerName ? (
              <IconUsers size={22} stroke={1.5} aria-hidden />
            ) : (
              <IconBuilding size={22} stroke={1.5} aria-hidden />
            )}
            <div className={classes.text}>
              <Group gap={8}>
                <Text fw={550}>{customerName ?? t(`common.role.${role}`)}</Text>
                {isCurrent && (
                  <Text size="xs" fw={560} c="var(--status-answered)">
                    {t("accounts.profile.accounts.this")}
                  </Text>
                )}
              </Group>
              <Text size="xs" c="dimmed">
                {organisationName}
              </Text>
            </div>
          </li>
        ))}
      </Stack>
      <Text role="status" size="sm" c="var(--status-answered)" mih={20} mt="xs">
        {joined && t("accounts.profile.accounts.joined")}
      </Text>
      {adding ? (
        <Join
          done={() => {
            setAdding(false);
            setJoined(true);
          }}
          cancel={() => setAdding(false)}
        />
      ) : (
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            setJoined(false);
            setAdding(true);
          }}
        >
          {t("accounts.profile.accounts.join")}
        </Button>
      )}
    </Section>
  );
}

function Join({ done, cancel }: { done: () => void; cancel: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const { email } = useViewer();
  const [{ fetching }, join] = useMutation(JoinAccountsDocument);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: { email, password: "" },
    validate: { password: (value) => (value ? null : t("accounts.profile.accounts.passwordNeeded")) },
  });

  const submit = async (input: typeof form.values) => {
    setRefused(undefined);
    const { data, error } = await join({ input: { ...input, email: input.email.trim() } });
    if (error) {
      return setRefused(attemptText(t, error));
    }
    const { "": general, password } = byField(t, data!.joinAccounts.errors, ["password"]);
    if (password) return form.setErrors({ password: t("accounts.profile.accounts.wrong") });
    if (general) return setRefused(general);
    await client.query(AccountsDocument, {}, { requestPolicy: "network-only" }).toPromise();
    done();
  };

  return (
    <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <Text size="sm">{t("accounts.profile.accounts.joinLead")}</Text>
        {refused && <Refused>{refused}</Refused>}
        <TextInput
          label={t("accounts.profile.accounts.email")}
          type="email"
          autoComplete="off"
          {...form.getInputProps("email")}
        />
        <PasswordField
          label={t("accounts.profile.accounts.password")}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("password")}
        />
        <Group gap="xs">
          <Button type="submit" loading={fetching}>
            {t("accounts.profile.accounts.submit")}
          </Button>
          <Button variant="default" onClick={cancel}>
            {t("common.action.cancel")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
