import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { RegisterCustomerDocument } from "../../gql/pages/graphql";
import { isVisible } from "../../ui/visible";

/** Registers a customer, and goes there. */
export function RegisterModal({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("customers.register")}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
    >
      <Form close={close} />
    </Modal>
  );
}

function Form({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [{ fetching }, register] = useMutation(RegisterCustomerDocument);
  // Of this form: sending it again registers nobody twice.
  const [id] = useState(() => crypto.randomUUID());
  const [name, setName] = useState("");
  const [refused, setRefused] = useState<string>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isVisible(name)) return setRefused(t("customers.nameNeeded"));
    const { data, error } = await register({ input: { id, name: name.trim() } });
    const { customer, errors = [] } = data?.registerCustomer ?? {};
    if (error) setRefused(failureText(t, error));
    else if (errors[0]) setRefused(refusalText(t, errors[0]));
    else if (customer) {
      close();
      await navigate({ to: "/customers/$customerId", params: { customerId: customer.id } });
    }
  };
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack>
        <TextInput
          label={t("customers.name")}
          description={t("customers.nameHint")}
          maxLength={200}
          data-autofocus
          value={name}
          error={refused}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setRefused(undefined);
          }}
        />
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching}>
            {t("customers.register")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
