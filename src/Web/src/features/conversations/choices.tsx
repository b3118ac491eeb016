import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { CustomerChoicesDocument, CustomerNameDocument } from "../../gql/pages/graphql";
import { searchMaximum } from "../../ui/searched";
import { useAdministrators } from "./useAdministrators";

type Props = Omit<SelectProps, "data" | "searchValue" | "onSearchChange" | "filter">;

/** Chooses a customer; the server searches as one types. */
export function CustomerSelect({ value, ...props }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const [{ data: chosen }] = useQuery({ query: CustomerNameDocument, variables: { id: value ?? "" }, pause: !value });
  // What stands in the field while one is chosen is its name, and no search.
  const searching = search !== "" && search !== chosen?.customer?.name;
  const [{ data }] = useQuery({ query: CustomerChoicesDocument, variables: { search: searching ? search : null } });
  const customers = new Map(data?.customers.nodes.map(({ id, name }) => [id, name]));
  if (value && chosen?.customer) customers.set(chosen.customer.id, chosen.customer.name);
  return (
    <Select
      {...props}
      value={value ?? null}
      data={[...customers].map(([id, name]) => ({ value: id, label: name }))}
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

/** Chooses an administrator. */
export function AdministratorSelect({ extra = [], ...props }: Props & { extra?: { value: string; label: string }[] }) {
  const { t } = useTranslation();
  const administrators = useAdministrators();
  return (
    <Select
      {...props}
      data={[...extra, ...administrators.map(({ id, displayName }) => ({ value: id, label: displayName }))]}
      searchable
      nothingFoundMessage={t("conversations.responsible.none")}
    />
  );
}
