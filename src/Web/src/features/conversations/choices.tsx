import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { type CustomerChoiceFragment, CustomerChoicesDocument, CustomerChosenDocument } from "../../gql/pages/graphql";
import { day } from "../../ui/day";
import { searchMaximum } from "../../ui/searched";
import { useAdministrators } from "./useAdministrators";

type Props = Omit<SelectProps, "data" | "searchValue" | "onSearchChange" | "filter">;

/** The customer that is chosen. */
function useChosenCustomer(id: string | null | undefined): CustomerChoiceFragment | undefined {
  const [{ data }] = useQuery({ query: CustomerChosenDocument, variables: { id: id ?? "" }, pause: !id });
  return data?.customer?.id === id ? (data?.customer ?? undefined) : undefined;
}

/** Chooses a customer; the server searches as one types. Those of one name are told apart by whom one writes to. */
export function CustomerSelect({ value, ...props }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const chosen = useChosenCustomer(value);
  const detailed = ({ name, contacts }: CustomerChoiceFragment) =>
    `${name} · ${contacts.find(({ active }) => active)?.email ?? t("conversations.new.noContact")}`;
  // While a customer is chosen, the field has their name, which is no search.
  const searching = search !== "" && search !== chosen?.name && !(chosen && search === detailed(chosen));
  const [{ data }] = useQuery({ query: CustomerChoicesDocument, variables: { search: searching ? search : null } });
  const customers = new Map(data?.customers.nodes.map((customer) => [customer.id, customer]));
  if (chosen) customers.set(chosen.id, chosen);
  const names = [...customers.values()].map(({ name }) => name);
  const isOne = (name: string) => names.indexOf(name) === names.lastIndexOf(name);
  const choices = [...customers.values()].map((customer) => ({
    value: customer.id,
    label: isOne(customer.name) ? customer.name : detailed(customer),
  }));
  return (
    <Select
      {...props}
      value={value ?? null}
      data={
        data?.customers.pageInfo.hasNextPage
          ? [...choices, { value: "more", label: t("conversations.new.customerMore"), disabled: true }]
          : choices
      }
      searchable
      maxLength={searchMaximum}
      searchValue={typed}
      onSearchChange={setTyped}
      // The server has searched already, and knows better what matches.
      filter={({ options }) => options}
      nothingFoundMessage={t("conversations.new.customerNone")}
    />
  );
}

/** Chooses an administrator. Of those who are away today it says so. */
export function AdministratorSelect({ extra = [], ...props }: Props & { extra?: { value: string; label: string }[] }) {
  const { t } = useTranslation();
  const administrators = useAdministrators();
  const label = ({ displayName: name, absence }: (typeof administrators)[number]) => {
    if (!absence?.isNow) return name;
    const [to, { deputy }] = [day(absence.to), absence];
    if (!deputy) return t("conversations.responsible.away", { name, to });
    return deputy.active
      ? t("conversations.responsible.awayDeputy", { name, to, deputy: deputy.displayName })
      : t("conversations.responsible.awayDeputyMissing", { name, to });
  };
  return (
    <Select
      {...props}
      data={[...extra, ...administrators.map((each) => ({ value: each.id, label: label(each) }))]}
      searchable
      nothingFoundMessage={t("conversations.responsible.none")}
    />
  );
}
