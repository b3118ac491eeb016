import { Badge, Button, Group, Modal, Radio, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconApi } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { byField, failureText, refusalText } from "../../api/errors";
import { newId } from "../../api/ids";
import {
  CreateServiceAccountDocument,
  DeactivateServiceAccountDocument,
  type ServiceAccountPartsFragment,
  ServiceAccountsDocument,
} from "../../gql/pages/graphql";
import classes from "../../people/People.module.css";
import { EndQuestion } from "../../ui/EndQuestion";
import { Failed } from "../../ui/Failed";
import { Refused } from "../../ui/Refused";
import { isVisible } from "../../ui/visible";
import { CreateToken, TokenList } from "../accounts/tokens";
import own from "./Programs.module.css";

/** Programs that act in the office's name, for its owners. */
export function Programs() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: ServiceAccountsDocument, requestPolicy: "cache-and-network" });
  const [creating, creation] = useDisclosure();
  const changed = () => again({ requestPolicy: "network-only" });
  return (
    <section aria-labelledby="programs">
      <Group justify="space-between" mt="xl" mb={4}>
        <Title order={2} id="programs">
          {t("organisation.administrators.programs.title")}
        </Title>
        <Button variant="default" size="xs" leftSection={<IconApi size={16} />} onClick={creation.open}>
          {t("organisation.administrators.programs.create")}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mb="md">
        {t("organisation.administrators.programs.lead")}
      </Text>
      {data ? (
        data.serviceAccounts.length > 0 && (
          <ul className={classes.people} aria-label={t("organisation.administrators.programs.title")}>
            {data.serviceAccounts.map((account) => (
              <Program key={account.id} account={account} changed={changed} />
            ))}
          </ul>
        )
      ) : error ? (
        <Failed error={error} retry={changed} />
      ) : (
        <Skeleton h={48} role="status" aria-busy aria-label={t("common.loading")} />
      )}
      <Modal
        opened={creating}
        onClose={creation.close}
        title={t("organisation.administrators.programs.create")}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
      >
        <ProgramForm close={creation.close} changed={changed} />
      </Modal>
    </section>
  );
}

function ProgramForm({ close, changed }: { close: () => void; changed: () => void }) {
  const { t } = useTranslation();
  const [{ fetching }, create] = useMutation(CreateServiceAccountDocument);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: { displayName: "", role: "AUDITOR" as "AUDITOR" | "ADMINISTRATOR" },
    validate: { displayName: (value) => (isVisible(value) ? null : t("people.nameNeeded")) },
  });
  const submit = async ({ displayName, role }: typeof form.values) => {
    setRefused(undefined);
    const { data, error } = await create({ input: { id: newId(), displayName: displayName.trim(), role } });
    if (error) return setRefused(failureText(t, error));
    const { errors } = data!.createServiceAccount;
    if (errors.length === 0) {
      changed();
      return close();
    }
    const { "": general, ...fields } = byField(t, errors, ["displayName", "role"]);
    setRefused(general);
    form.setErrors(fields);
  };
  return (
    <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        {refused && <Refused>{refused}</Refused>}
        <TextInput
          label={t("people.name")}
          description={t("organisation.administrators.programs.nameHint")}
          maxLength={100}
          data-autofocus
          {...form.getInputProps("displayName")}
        />
        <Radio.Group label={t("accounts.tokens.may")} {...form.getInputProps("role")}>
          <Stack gap="xs" mt={6}>
            {(["AUDITOR", "ADMINISTRATOR"] as const).map((role) => (
              <Radio
                key={role}
                value={role}
                label={t(`organisation.administrators.programs.role.${role}`)}
                description={t(`people.roleHint.${role}`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching}>
            {t("organisation.administrators.programs.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Program({ account, changed }: { account: ServiceAccountPartsFragment; changed: () => void }) {
  const { t } = useTranslation();
  const { id, displayName, role, apiTokens } = account;
  const [creating, creation] = useDisclosure();
  const [asking, question] = useDisclosure();
  const [{ fetching }, deactivate] = useMutation(DeactivateServiceAccountDocument);
  const [refused, setRefused] = useState<string>();
  const end = async () => {
    const { data, error } = await deactivate({ input: { id } });
    const refusal = data?.deactivateServiceAccount.errors[0];
    if (error) return setRefused(failureText(t, error));
    if (refusal) return setRefused(refusalText(t, refusal));
    question.close();
    changed();
  };
  return (
    <li className={own.account}>
      <Group gap="6px 12px">
        <IconApi size={22} stroke={1.5} aria-hidden />
        <Text fw={560} className={own.text}>
          {displayName}
        </Text>
        <Badge variant="default" tt="none" fw={500}>
          {t(`organisation.administrators.programs.role.${role === "AUDITOR" ? "AUDITOR" : "ADMINISTRATOR"}`)}
        </Badge>
        <Button
          size="compact-xs"
          variant="default"
          onClick={creation.open}
          aria-label={t("accounts.tokens.createFor", { name: displayName })}
        >
          {t("accounts.tokens.create")}
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={t("organisation.administrators.programs.endNamed", { name: displayName })}
          onClick={() => {
            setRefused(undefined);
            question.open();
          }}
        >
          {t("organisation.administrators.programs.end")}
        </Button>
      </Group>
      {apiTokens.length > 0 ? (
        <TokenList tokens={apiTokens} label={t("accounts.tokens.of", { name: displayName })} onEnded={changed} />
      ) : (
        <Text size="sm" c="dimmed" mt={6}>
          {t("accounts.tokens.noneYet")}
        </Text>
      )}
      <CreateToken opened={creating} close={creation.close} account={{ id, displayName }} onCreated={changed} />
      <EndQuestion
        opened={asking}
        close={question.close}
        title={t("organisation.administrators.programs.endQuestion", { name: displayName })}
        text={t("organisation.administrators.programs.endText")}
        label={t("organisation.administrators.programs.end")}
        end={() => void end()}
        ending={fetching}
        refused={refused}
      />
    </li>
  );
}
