import { Anchor, Group, Select, Stack, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { byField, failureText } from "../../api/errors";
import { useViewer } from "../../api/session";
import {
  AssignDefaultAdministratorDocument,
  type CustomerPartsFragment,
  DefaultAdministratorsDocument,
  UpdateCustomerDocument,
} from "../../gql/pages/graphql";
import { LeaveGuard } from "../../ui/LeaveGuard";
import { SaveRow } from "../../ui/SaveRow";
import { Section } from "../../ui/Section";
import { isVisible } from "../../ui/visible";

const valuesOf = ({ name, number, notes, tags, mailsWithoutContent, defaultAdministrator }: CustomerPartsFragment) => ({
  name,
  number: number ?? "",
  notes: notes ?? "",
  tags: [...tags],
  mailsWithoutContent,
  administratorId: defaultAdministrator?.id ?? "",
});

/** What the office keeps about a customer: administrators change it, auditors read it. */
export function Details({ customer, mayChange }: { customer: CustomerPartsFragment; mayChange: boolean }) {
  const { t } = useTranslation();
  const [updating, update] = useMutation(UpdateCustomerDocument);
  const [assigning, assign] = useMutation(AssignDefaultAdministratorDocument);
  const [{ data }] = useQuery({ query: DefaultAdministratorsDocument });
  const { isLimited, isNarrow } = useViewer();
  const [saved, setSaved] = useState(false);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: valuesOf(customer),
    validate: { name: (value) => (isVisible(value) ? null : t("customers.nameNeeded")) },
  });
  const dirty = form.isDirty();
  const current = customer.defaultAdministrator;
  const administrators = (data?.administrators.nodes ?? []).filter(
    ({ id, active, role }) => (active && role === "ADMINISTRATOR") || id === current?.id,
  );

  const submit = async ({ administratorId, ...values }: typeof form.values) => {
    setRefused(undefined);
    setSaved(false);
    const first = await update({ input: { id: customer.id, ...values, name: values.name.trim() } });
    if (first.error) return setRefused(failureText(t, first.error));
    const { errors, customer: now } = first.data!.updateCustomer;
    const { "": general, ...fields } = byField(t, errors, Object.keys(values));
    const taken = errors.some(({ code, path }) => code === "CONFLICT" && path?.includes("number"));
    setRefused(general);
    form.setErrors(taken ? { ...fields, number: t("customers.details.numberTaken") } : fields);
    if (errors.length > 0 || !now) return;
    let then = now;
    if (administratorId !== (current?.id ?? "")) {
      const second = await assign({ input: { id: customer.id, administratorId: administratorId || null } });
      if (second.error) return setRefused(failureText(t, second.error));
      const { errors: refusals, customer: assigned } = second.data!.assignDefaultAdministrator;
      form.setErrors(byField(t, refusals, ["administratorId"]));
      if (refusals.length > 0 || !assigned) return;
      then = assigned;
    }
    form.setInitialValues(valuesOf(then));
    form.setValues(valuesOf(then));
    setSaved(true);
  };

  return (
    <Section title={t("customers.details.title")} lead={t("customers.details.lead")}>
      <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <LeaveGuard when={dirty} />
        <Stack>
          <TextInput label={t("customers.name")} maxLength={200} readOnly={!mayChange} {...form.getInputProps("name")} />
          <TextInput
            label={t("customers.details.number")}
            description={t("customers.details.numberHint")}
            maxLength={40}
            readOnly={!mayChange}
            {...form.getInputProps("number")}
          />
          <Select
            label={t("customers.details.administrator")}
            description={t("customers.details.administratorHint")}
            data={administrators.map(({ id, displayName, active }) => ({
              value: id,
              label: active ? displayName : t("customers.details.inactive", { name: displayName }),
            }))}
            placeholder={t("customers.conversations.nobody")}
            clearable={mayChange}
            clearButtonProps={{ "aria-label": t("customers.conversations.nobody") }}
            readOnly={!mayChange}
            {...form.getInputProps("administratorId")}
            onChange={(value) => form.setFieldValue("administratorId", value ?? "")}
          />
          <TagsInput
            label={t("customers.details.tags")}
            description={t("customers.details.tagsHint")}
            maxTags={20}
            maxLength={40}
            // Tags of customers decide who sees them.
            readOnly={!mayChange || isLimited}
            {...form.getInputProps("tags")}
          />
          {customer.tags.length > 0 && (
            <Group gap="xs" aria-label={t("customers.details.tagged")} role="group">
              {customer.tags.map((tag) => (
                <Anchor key={tag} size="sm" renderRoot={(props) => <Link to="/customers" search={{ tag }} {...props} />}>
                  {t("customers.details.taggedWith", { tag })}
                </Anchor>
              ))}
            </Group>
          )}
          {/* They are nothing to those who see a part only, as internal notes are. */}
          {!isNarrow && (
            <Textarea
              label={t("customers.details.notes")}
              description={t("customers.details.notesHint")}
              autosize
              minRows={2}
              maxRows={12}
              maxLength={5000}
              readOnly={!mayChange}
              {...form.getInputProps("notes")}
            />
          )}
          <Switch
            label={t("customers.details.mailsWithoutContent")}
            description={t("customers.details.mailsWithoutContentHint")}
            disabled={!mayChange}
            {...form.getInputProps("mailsWithoutContent", { type: "checkbox" })}
          />
          {mayChange && (
            <SaveRow
              dirty={dirty}
              saving={updating.fetching || assigning.fetching}
              saved={saved}
              {...(refused ? { refused } : {})}
              reset={form.reset}
            />
          )}
        </Stack>
      </form>
    </Section>
  );
}
