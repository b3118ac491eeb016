import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { failureText, refusalText } from "../api/errors";
import { isEmail } from "../ui/email";
import { type Answer, PersonForm, PersonModal } from "./PersonForm";

interface Props {
  opened: boolean;
  close: () => void;
  title: string;
  lead: string;
  /** What the button says. */
  label: string;
  /** The address that stands there at first. */
  email: string;
  send: (email: string) => Answer;
}

/** Asks for the address that an invitation or another link goes to. */
export function AddressModal({ opened, close, title, ...rest }: Props) {
  return (
    <PersonModal opened={opened} close={close} title={title}>
      <AddressForm close={close} {...rest} />
    </PersonModal>
  );
}

function AddressForm({ close, lead, label, email, send }: Omit<Props, "opened" | "title">) {
  const { t } = useTranslation();
  const [address, setAddress] = useState(email);
  const [invalid, setInvalid] = useState<string>();
  const [refused, setRefused] = useState<string>();
  const [sending, setSending] = useState(false);

  const submit = async () => {
    if (!isEmail(address)) return setInvalid(t("people.emailInvalid"));
    setSending(true);
    setRefused(undefined);
    const { error, errors = [] } = await send(address.trim());
    setSending(false);
    const refusal = errors[0];
    if (error) return setRefused(failureText(t, error));
    if (!refusal) return close();
    if (refusal.code !== "CONFLICT" || refusal.reason) return setRefused(refusalText(t, refusal));
    if (refusal.path?.includes("email")) return setInvalid(t("people.emailTaken"));
    setRefused(t(refusal.path ? "people.resentJustNow" : "people.tooManyInvitations"));
  };

  return (
    <PersonForm lead={lead} refused={refused} label={label} sending={sending} submit={() => void submit()} close={close}>
      <TextInput
        label={t("people.email")}
        type="email"
        data-autofocus
        value={address}
        error={invalid}
        onChange={(event) => {
          setAddress(event.currentTarget.value);
          setInvalid(undefined);
        }}
      />
    </PersonForm>
  );
}
