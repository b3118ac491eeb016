import { Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CombinedError } from "urql";
import { byField, failureText } from "../api/errors";
import type { RefusalFragment } from "../gql/pages/graphql";
import { isEmail } from "../ui/email";
import { Refused } from "../ui/Refused";
import { isVisible } from "../ui/visible";

/** The person to invite. */
export interface Invitee {
  displayName: string;
  email: string;
  role: "ADMINISTRATOR" | "AUDITOR";
}

interface Props {
  opened: boolean;
  close: () => void;
  title: string;
  lead: string;
  /** Whether the role is to be chosen. */
  withRole?: boolean;
  invite: (invitee: Invitee) => Promise<{ error?: CombinedError; errors?: readonly RefusalFragment[] }>;
}

/** Asks for a name and an address, and sends an invitation there. */
export function InviteModal({ opened, close, title, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": t("common.action.close") }}>
      <InviteForm close={close} {...rest} />
    </Modal>
  );
}

function InviteForm({ close, lead, withRole = false, invite }: Omit<Props, "opened" | "title">) {
  const { t } = useTranslation();
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState<string>();
  const form = useForm<Invitee>({
    initialValues: { displayName: "", email: "", role: "ADMINISTRATOR" },
    validate: {
      displayName: (value) => (isVisible(value) ? null : t("people.nameNeeded")),
      email: (value) => (isEmail(value) ? null : t("people.emailInvalid")),
    },
  });

  const submit = async (values: Invitee) => {
    setSending(true);
    setRefused(undefined);
    const { error, errors = [] } = await invite({
      ...values,
      displayName: values.displayName.trim(),
      email: values.email.trim(),
    });
    setSending(false);
    if (error) return setRefused(failureText(t, error));
    if (errors.length === 0) return close();
    const { "": general, ...fields } = byField(t, errors, ["displayName", "email", "role"]);
    const taken = errors.some(({ code, path }) => code === "CONFLICT" && path?.includes("email"));
    const tooMany = errors.some(({ code, path }) => code === "CONFLICT" && !path?.includes("email"));
    setRefused(tooMany ? t("people.tooManyInvitations") : general);
    form.setErrors(taken ? { ...fields, email: t("people.emailTaken") } : fields);
  };

  return (
    <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <Text size="sm" c="dimmed">
          {lead}
        </Text>
        {refused && <Refused>{refused}</Refused>}
        <TextInput label={t("people.name")} maxLength={100} data-autofocus {...form.getInputProps("displayName")} />
        <TextInput label={t("people.email")} type="email" {...form.getInputProps("email")} />
        {withRole && (
          <Radio.Group label={t("people.role")} {...form.getInputProps("role")}>
            <Stack gap="xs" mt={6}>
              {(["ADMINISTRATOR", "AUDITOR"] as const).map((role) => (
                <Radio key={role} value={role} label={t(`common.role.${role}`)} description={t(`people.roleHint.${role}`)} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={sending}>
            {t("people.invite")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
