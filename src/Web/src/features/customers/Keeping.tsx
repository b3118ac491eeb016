import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import {
  type CustomerPartsFragment,
  HoldCustomerDocument,
  ReleaseCustomerDocument,
  type RetentionPartsFragment,
} from "../../gql/pages/graphql";
import { day } from "../../ui/day";
import { exactTime } from "../../ui/instants";
import { Refused } from "../../ui/Refused";
import { Section } from "../../ui/Section";

interface Props {
  customer: CustomerPartsFragment;
  retention: RetentionPartsFragment;
  isOwner: boolean;
}

/** How long what there is of a customer has to be kept, and the legal hold on it, which owners put on and take off. */
export function Keeping({ customer, retention, isOwner }: Props) {
  const { t, i18n } = useTranslation();
  const [asking, question] = useDisclosure();
  const [{ fetching }, release] = useMutation(ReleaseCustomerDocument);
  const [refused, setRefused] = useState<string>();
  const { id } = customer;
  const { hold, until, rule, isKept } = retention;

  const takeOff = async () => {
    const { data, error } = await release({ input: { id } });
    const refusal = data?.releaseCustomer.errors[0];
    setRefused(error ? failureText(t, error) : refusal && refusalText(t, refusal));
  };

  return (
    <Section title={t("customers.keeping.title")} lead={t("customers.keeping.lead")}>
      <Stack>
        {refused && <Refused>{refused}</Refused>}
        <Text>
          {until
            ? t(isKept && !hold ? "customers.keeping.until" : "customers.keeping.ended", {
                day: day(until),
                rule: t(`customers.keeping.rule.${rule}`),
              })
            : t("customers.keeping.open")}
        </Text>
        {hold && (
          <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {t("customers.keeping.held", { day: exactTime(Date.parse(hold.since), i18n.language), reason: hold.reason })}
          </Text>
        )}
        {isOwner && (
          <Group>
            <Button variant="default" onClick={question.open}>
              {t(hold ? "customers.keeping.other" : "customers.keeping.hold")}
            </Button>
            {hold && (
              <Button variant="default" loading={fetching} onClick={() => void takeOff()}>
                {t("customers.keeping.release")}
              </Button>
            )}
          </Group>
        )}
      </Stack>
      <Modal
        opened={asking}
        onClose={question.close}
        title={t("customers.keeping.hold")}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
      >
        <Form customer={customer} before={hold?.reason ?? ""} close={question.close} />
      </Modal>
    </Section>
  );
}

function Form({ customer, before, close }: { customer: CustomerPartsFragment; before: string; close: () => void }) {
  const { t } = useTranslation();
  const [{ fetching }, hold] = useMutation(HoldCustomerDocument);
  const [reason, setReason] = useState(before);
  const [refused, setRefused] = useState<string>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!reason.trim()) return setRefused(t("customers.keeping.reasonNeeded"));
    const { data, error } = await hold({ input: { id: customer.id, reason } });
    const refusal = data?.holdCustomer.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else close();
  };
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t("customers.keeping.holdText", { customer: customer.name })}
        </Text>
        <Textarea
          label={t("customers.keeping.reason")}
          autosize
          minRows={2}
          maxLength={1000}
          data-autofocus
          value={reason}
          error={refused}
          onChange={(event) => {
            setReason(event.currentTarget.value);
            setRefused(undefined);
          }}
        />
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching}>
            {t("customers.keeping.hold")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
