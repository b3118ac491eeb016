import { Group, MultiSelect, Radio, Skeleton, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../api/errors";
import {
  AccessChoicesDocument,
  type AccessPartsFragment,
  AdministratorAccessDocument,
  SetAdministratorAccessDocument,
} from "../../gql/pages/graphql";
import { PersonForm, PersonModal } from "../../people/PersonForm";
import { Failed } from "../../ui/Failed";
import { firstDay, lastDay, startOfDay, useOfficeTime } from "../../ui/officeTime";
import { searchMaximum } from "../../ui/searched";

interface Props {
  opened: boolean;
  close: () => void;
  /** Of the person. */
  id: string;
  name: string;
  /** True for an auditor, whose access may end by itself. */
  isAuditor: boolean;
}

interface Named {
  id: string;
  name: string;
}

/** The most customers and tags of customers that somebody can be given. */
const mostCustomers = 200;
const mostTags = 20;

/** Which customers somebody of the office sees: all of them, or some. For owners. */
export function AccessModal({ opened, close, id, name, isAuditor }: Props) {
  const { t } = useTranslation();
  return (
    <PersonModal opened={opened} close={close} title={t("organisation.access.title", { name })}>
      <Asked id={id} close={close} isAuditor={isAuditor} />
    </PersonModal>
  );
}

function Asked({ id, close, isAuditor }: Pick<Props, "id" | "close" | "isAuditor">) {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({
    query: AdministratorAccessDocument,
    variables: { id },
    requestPolicy: "network-only",
  });
  const person = data?.node && "access" in data.node ? data.node : undefined;
  if (person) return <AccessForm id={id} access={person.access} close={close} isAuditor={isAuditor} />;
  if (error) return <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />;
  return <Skeleton h={200} role="status" aria-busy="true" aria-label={t("common.loading")} />;
}

interface FormProps {
  id: string;
  access: AccessPartsFragment & { customers: readonly Named[] };
  close: () => void;
  isAuditor: boolean;
}

function AccessForm({ id, access, close, isAuditor }: FormProps) {
  const { t } = useTranslation();
  const { zone } = useOfficeTime();
  const before = {
    until: access.until ? lastDay(access.until, zone) : "",
    from: access.from ? firstDay(access.from, zone) : "",
    to: access.to ? lastDay(access.to, zone) : "",
    notes: access.notes,
  };
  const [scope, setScope] = useState(before);
  const [all, setAll] = useState(access.all);
  const [customers, setCustomers] = useState<readonly Named[]>(access.customers);
  const [tags, setTags] = useState<string[]>([...access.tags]);
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const [{ data }] = useQuery({ query: AccessChoicesDocument, variables: { search: search || null }, pause: all });
  const [{ fetching }, set] = useMutation(SetAdministratorAccessDocument);
  const [refused, setRefused] = useState<string>();
  const known = new Map([...customers, ...(data?.customers.nodes ?? [])].map((customer) => [customer.id, customer]));

  const submit = async () => {
    setRefused(undefined);
    const some = { customerIds: customers.map((customer) => customer.id), tags };
    // What was not touched stays as exact as it was given.
    const at = (day: "until" | "from" | "to", after: number) =>
      scope[day] === before[day] ? access[day] : scope[day] ? startOfDay(scope[day], zone, after) : null;
    const given = { until: at("until", 1), from: at("from", 0), to: at("to", 1), notes: scope.notes };
    const { data: answer, error } = await set({
      input: { id, access: all ? { all } : { all, ...some }, ...(isAuditor && { scope: given }) },
    });
    const refusal = answer?.setAdministratorAccess.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else close();
  };

  return (
    <PersonForm
      lead={t("organisation.access.lead")}
      refused={refused}
      label={t("common.action.save")}
      sending={fetching}
      submit={() => void submit()}
      close={close}
    >
      <Radio.Group
        label={t("organisation.access.sees")}
        value={all ? "all" : "some"}
        onChange={(value) => setAll(value === "all")}
      >
        <Stack gap="xs" mt={6}>
          <Radio value="all" label={t("organisation.access.all")} />
          <Radio value="some" label={t("organisation.access.only")} />
        </Stack>
      </Radio.Group>
      {!all && (
        <>
          <MultiSelect
            label={t("organisation.access.customers")}
            description={t("organisation.access.customersHint")}
            data={[...known.values()].map((customer) => ({ value: customer.id, label: customer.name }))}
            value={customers.map((customer) => customer.id)}
            onChange={(ids) => setCustomers(ids.flatMap((each) => known.get(each) ?? []))}
            maxValues={mostCustomers}
            searchable
            maxLength={searchMaximum}
            searchValue={typed}
            onSearchChange={setTyped}
            // The server has searched already, and knows better what matches.
            filter={({ options }) => options}
            hidePickedOptions
            nothingFoundMessage={t("conversations.new.customerNone")}
          />
          <TagsInput
            label={t("organisation.access.tags")}
            description={t("organisation.access.tagsHint")}
            maxTags={mostTags}
            maxLength={40}
            value={tags}
            onChange={setTags}
          />
          {customers.length === 0 && tags.length === 0 && (
            <Text size="sm" role="status">
              {t("organisation.access.nothing")}
            </Text>
          )}
        </>
      )}
      {isAuditor && (
        <>
          <Switch
            label={t("organisation.access.notes")}
            description={t("organisation.access.notesHint")}
            checked={scope.notes}
            onChange={(event) => setScope({ ...scope, notes: event.currentTarget.checked })}
          />
          <Group grow align="start" gap="sm">
            <TextInput
              type="date"
              label={t("organisation.access.from")}
              description={t("organisation.access.fromHint")}
              value={scope.from}
              onChange={(event) => setScope({ ...scope, from: event.currentTarget.value })}
            />
            <TextInput
              type="date"
              label={t("organisation.access.to")}
              description={t("organisation.access.toHint")}
              value={scope.to}
              onChange={(event) => setScope({ ...scope, to: event.currentTarget.value })}
            />
          </Group>
          <TextInput
            type="date"
            label={t("organisation.access.until")}
            description={t("organisation.access.untilHint")}
            value={scope.until}
            onChange={(event) => setScope({ ...scope, until: event.currentTarget.value })}
          />
        </>
      )}
    </PersonForm>
  );
}
