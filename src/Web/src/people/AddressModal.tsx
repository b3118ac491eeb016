import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CombinedError } from "urql";
import { failureText, refusalText } from "../api/errors";
import type { RefusalFragment } from "../gql/pages/graphql";
import { isEmail } from "../ui/email";
import { Refused } from "../ui/Refused";

interface Props {
  opened: boolean;
  close: () => void;
  title: string;
  lead: string;
  /** The address of before. */
  email: string;
  send: (email: string) => Promise<{ error?: CombinedError; errors?: readonly RefusalFragment[] }>;
}

/** Asks for the address that an invitation goes to. */
export function AddressModal({ opened, close, title, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": t("common.action.close") }}>
      <AddressForm close={close} {...rest} />
    </Modal>
  );
}

function AddressForm({ close, lead, email, send }: Omit<Props, "opened" | "title">) {
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
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {lead}
        </Text>
        {refused && <Refused>{refused}</Refused>}
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
