import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { type CustomerPartsFragment, EndCustomerDocument, ResumeCustomerDocument } from "../../gql/pages/graphql";
import { day } from "../../ui/day";
import { Refused } from "../../ui/Refused";
import { Section } from "../../ui/Section";

/** The end of a customer's mandate: it is named, moved, or taken back. */
export function EndOfMandate({ customer, mayChange }: { customer: CustomerPartsFragment; mayChange: boolean }) {
  const { t } = useTranslation();
  const [asking, question] = useDisclosure();
  const [{ fetching }, resume] = useMutation(ResumeCustomerDocument);
  const [refused, setRefused] = useState<string>();
  const { id, endedOn, hasEnded } = customer;

  const goOn = async () => {
    const { data, error } = await resume({ input: { id } });
    const refusal = data?.resumeCustomer.errors[0];
    setRefused(error ? failureText(t, error) : refusal && refusalText(t, refusal));
  };

  return (
    <Section title={t("customers.end.title")} lead={t("customers.end.lead")}>
      <Stack>
        {refused && <Refused>{refused}</Refused>}
        {endedOn && <Text>{t(hasEnded ? "customers.end.ended" : "customers.end.ends", { day: day(endedOn) })}</Text>}
        {!endedOn && !mayChange && <Text c="dimmed">{t("customers.end.none")}</Text>}
        {mayChange && (
          <Group>
            <Button variant="default" onClick={question.open}>
              {t(endedOn ? "customers.end.move" : "customers.end.action")}
            </Button>
            {endedOn && (
              <Button variant="default" loading={fetching} onClick={() => void goOn()}>
                {t("customers.end.resume")}
              </Button>
            )}
          </Group>
        )}
      </Stack>
      <Modal
        opened={asking}
        onClose={question.close}
        title={t("customers.end.action")}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
      >
        <Form customer={customer} close={question.close} />
      </Modal>
    </Section>
  );
}

function Form({ customer, close }: { customer: CustomerPartsFragment; close: () => void }) {
  const { t } = useTranslation();
  const [{ fetching }, end] = useMutation(EndCustomerDocument);
  const [on, setOn] = useState(customer.endedOn ?? new Date().toLocaleDateString("sv-SE"));
  const [refused, setRefused] = useState<string>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!on) return setRefused(t("customers.end.dayNeeded"));
    const { data, error } = await end({ input: { id: customer.id, on } });
    const refusal = data?.endCustomer.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else close();
  };
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t("customers.end.text", { customer: customer.name })}
        </Text>
        <TextInput
          type="date"
          label={t("customers.end.day")}
          description={t("customers.end.dayHint")}
          min="1900-01-01"
          max="2199-12-31"
          data-autofocus
          value={on}
          error={refused}
          onChange={(event) => {
            setOn(event.currentTarget.value);
            setRefused(undefined);
          }}
        />
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching}>
            {t("customers.end.action")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
