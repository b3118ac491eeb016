import { Alert, Button, CopyButton, Group, Modal, NativeSelect, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { attemptText, byField } from "../../../api/errors";
import { newId } from "../../../api/ids";
import { useViewer } from "../../../api/session";
import { CreateApiTokenDocument } from "../../../gql/pages/graphql";
import { Refused } from "../../../ui/Refused";
import { isVisible } from "../../../ui/visible";
import { PasswordField } from "../passwords/PasswordField";
import classes from "./Tokens.module.css";

const day = 24 * 60 * 60 * 1000;
const lifetimes = ["30", "90", "180", "365"] as const;

interface Props {
  opened: boolean;
  close: () => void;
  /** The service account whose it is to be; without it one's own. */
  account?: { id: string; displayName: string };
  /** There is one more. */
  onCreated: () => void;
}

/** Creates an API token, and shows it this once. */
export function CreateToken({ opened, close, account, onCreated }: Props) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<string>();
  // Nobody loses it by a click beside it.
  const leave = () => {
    close();
    setSecret(undefined);
  };
  return (
    <Modal
      opened={opened}
      onClose={leave}
      title={t(secret ? "accounts.tokens.created" : account ? "accounts.tokens.createFor" : "accounts.tokens.create", {
        name: account?.displayName,
      })}
      closeOnClickOutside={!secret}
      closeOnEscape={!secret}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
    >
      {secret ? (
        <Secret secret={secret} done={leave} />
      ) : (
        <TokenForm
          close={close}
          accountId={account?.id}
          onCreated={(created) => {
            setSecret(created);
            onCreated();
          }}
        />
      )}
    </Modal>
  );
}

interface FormProps {
  close: () => void;
  accountId?: string;
  onCreated: (secret: string) => void;
}

function TokenForm({ close, accountId, onCreated }: FormProps) {
  const { t } = useTranslation();
  const { email } = useViewer();
  const [{ fetching }, create] = useMutation(CreateApiTokenDocument);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: { name: "", scope: "READ" as "READ" | "READ_WRITE", days: "90", currentPassword: "" },
    validate: {
      name: (value) => (isVisible(value) ? null : t("accounts.tokens.nameNeeded")),
      currentPassword: (value) => (value ? null : t("accounts.profile.password.currentNeeded")),
    },
  });

  const submit = async ({ name, scope, days, currentPassword }: typeof form.values) => {
    setRefused(undefined);
    const expiresAt = new Date(Date.now() + Number(days) * day).toISOString();
    const { data, error } = await create({
      input: { id: newId(), name: name.trim(), scope, expiresAt, currentPassword, serviceAccountId: accountId },
    });
    if (error) {
      return setRefused(attemptText(t, error));
    }
    const { secret, errors } = data!.createApiToken;
    if (secret) return onCreated(secret);
    const { "": general, ...fields } = byField(t, errors, ["name", "currentPassword"]);
    setRefused(errors.some(({ code }) => code === "CONFLICT") ? t("accounts.tokens.tooMany") : general);
    form.setErrors(fields.currentPassword ? { ...fields, currentPassword: t("accounts.profile.password.wrong") } : fields);
  };

  return (
    <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        {refused && <Refused>{refused}</Refused>}
        <TextInput
          label={t("accounts.tokens.name")}
          description={t("accounts.tokens.nameHint")}
          maxLength={100}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Radio.Group label={t("accounts.tokens.may")} {...form.getInputProps("scope")}>
          <Stack gap="xs" mt={6}>
            {(["READ", "READ_WRITE"] as const).map((scope) => (
              <Radio
                key={scope}
                value={scope}
                label={t(`accounts.tokens.scope.${scope}`)}
                description={t(`accounts.tokens.scopeHint.${scope}`)}
              />
            ))}
          </Stack>
        </Radio.Group>
        <NativeSelect
          label={t("accounts.tokens.lifetime")}
          data={lifetimes.map((value) => ({ value, label: t("accounts.tokens.days", { count: Number(value) }) }))}
          {...form.getInputProps("days")}
        />
        {/* So that password managers know whose it is. */}
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <PasswordField
          label={t("accounts.tokens.password")}
          description={t("accounts.tokens.passwordHint")}
          autoComplete="current-password"
          {...form.getInputProps("currentPassword")}
        />
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching}>
            {t("accounts.tokens.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Secret({ secret, done }: { secret: string; done: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Alert role="status" color="yellow" variant="light" styles={{ message: { color: "var(--mantine-color-text)" } }}>
        {t("accounts.tokens.onlyNow")}
      </Alert>
      <TextInput
        className={classes.secret}
        label={t("accounts.tokens.secret")}
        value={secret}
        readOnly
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Text size="xs" c="dimmed">
        {t("accounts.tokens.how")}
      </Text>
      <Group justify="end">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              onClick={copy}
              aria-live="polite"
            >
              {t(copied ? "accounts.tokens.copied" : "accounts.tokens.copy")}
            </Button>
          )}
        </CopyButton>
        <Button onClick={done}>{t("accounts.tokens.done")}</Button>
      </Group>
    </Stack>
  );
}
