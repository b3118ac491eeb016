import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { newId } from "../../api/ids";
import { CustomersDocument, RegisterCustomerDocument } from "../../gql/pages/graphql";
import { isVisible } from "../../ui/visible";

/** A name as it is heard. */
const heard = (name: string) => name.normalize("NFKC").replace(/\s+/g, " ").trim().toLocaleLowerCase();

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
  const [id] = useState(newId);
  const [name, setName] = useState("");
  const [refused, setRefused] = useState<string>();
  const client = useClient();
  const [checking, setChecking] = useState(false);
  /** The name that there is already, as one knows. */
  const [known, setKnown] = useState<string>();

  /** Whether there is a customer of that name. When that cannot be told, nobody is kept from anything. */
  const isThere = async () => {
    setChecking(true);
    const { data } = await client
      .query(CustomersDocument, { search: name.trim(), tag: null, first: 50 }, { requestPolicy: "network-only" })
      .toPromise();
    setChecking(false);
    return data?.customers.nodes.some((customer) => heard(customer.name) === heard(name)) ?? false;
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isVisible(name)) return setRefused(t("customers.nameNeeded"));
    if (known !== heard(name) && (await isThere())) return setKnown(heard(name));
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
        {known === heard(name) && (
          <Text size="sm" c="var(--status-attention)" role="alert">
            {t("customers.there", { name: name.trim() })}
          </Text>
        )}
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching || checking}>
            {t(known === heard(name) ? "customers.anyway" : "customers.register")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
