import { Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { byField, failureText } from "../api/errors";
import { isEmail } from "../ui/email";
import { isVisible } from "../ui/visible";
import { type Answer, PersonForm, PersonModal } from "./PersonForm";

/** The person to invite. */
export interface Invitee {
  displayName: string;
  email: string;
  role: "ADMINISTRATOR" | "AUDITOR";
}

interface FormProps {
  close: () => void;
  lead: string;
  /** What is asked besides of somebody in a role, which is to be chosen then. */
  ofRole?: (role: Invitee["role"]) => ReactNode;
  invite: (invitee: Invitee) => Answer;
}

interface Props extends FormProps {
  opened: boolean;
  title: string;
}

/** Asks for a name and an address, and sends an invitation there. */
export function InviteModal({ opened, close, title, ...rest }: Props) {
  return (
    <PersonModal opened={opened} close={close} title={title}>
      <InviteForm close={close} {...rest} />
    </PersonModal>
  );
}

/** The form in that window. */
export function InviteForm({ close, lead, ofRole, invite }: FormProps) {
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
    <PersonForm
      lead={lead}
      refused={refused}
      label={t("people.invite")}
      sending={sending}
      submit={form.onSubmit((values) => void submit(values))}
      close={close}
    >
      <TextInput label={t("people.name")} maxLength={100} data-autofocus {...form.getInputProps("displayName")} />
      <TextInput label={t("people.email")} type="email" {...form.getInputProps("email")} />
      {ofRole && (
        <Radio.Group label={t("people.role")} {...form.getInputProps("role")}>
          <Stack gap="xs" mt={6}>
            {(["ADMINISTRATOR", "AUDITOR"] as const).map((role) => (
              <Radio key={role} value={role} label={t(`common.role.${role}`)} description={t(`people.roleHint.${role}`)} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      {ofRole?.(form.values.role)}
    </PersonForm>
  );
}
