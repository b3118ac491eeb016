import { Group, MultiSelect, Radio, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { AccessChoicesDocument } from "../../gql/pages/graphql";
import { searchMaximum } from "../../ui/searched";
import type { Chosen } from "./access";

/** The most customers and tags of customers that somebody can be given. */
const mostCustomers = 200;
const mostTags = 20;

interface Props {
  chosen: Chosen;
  change: (to: Partial<Chosen>) => void;
  /** True for an auditor, whose access may be limited to a part and end by itself. */
  isAuditor: boolean;
}

/** Which customers somebody of the office sees, all of them or some; and what an auditor sees of these. */
export function AccessFields({ chosen, change, isAuditor }: Props) {
  const { t } = useTranslation();
  const { all, customers, tags, notes, from, to, until } = chosen;
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const [{ data }] = useQuery({ query: AccessChoicesDocument, variables: { search: search || null }, pause: all });
  const known = new Map([...customers, ...(data?.customers.nodes ?? [])].map((customer) => [customer.id, customer]));
  return (
    <>
      <Radio.Group
        label={t("organisation.access.sees")}
        value={all ? "all" : "some"}
        onChange={(value) => change({ all: value === "all" })}
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
            onChange={(ids) => change({ customers: ids.flatMap((each) => known.get(each) ?? []) })}
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
            value={[...tags]}
            onChange={(words) => change({ tags: words })}
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
            checked={notes}
            onChange={(event) => change({ notes: event.currentTarget.checked })}
          />
          <Group grow align="end" gap="sm">
            <TextInput
              type="date"
              label={t("organisation.access.from")}
              description={t("organisation.access.fromHint")}
              value={from}
              onChange={(event) => change({ from: event.currentTarget.value })}
            />
            <TextInput
              type="date"
              label={t("organisation.access.to")}
              description={t("organisation.access.toHint")}
              value={to}
              onChange={(event) => change({ to: event.currentTarget.value })}
            />
          </Group>
          <TextInput
            type="date"
            label={t("organisation.access.until")}
            description={t("organisation.access.untilHint")}
            value={until}
            onChange={(event) => change({ until: event.currentTarget.value })}
          />
        </>
      )}
    </>
  );
}
