import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { type AccountPartsFragment, AccountsDocument } from "../gql/graphql";

/** The accounts of the viewer, this one included; none until they are known. */
export function useAccounts(): readonly AccountPartsFragment[] {
  const [{ data }] = useQuery({ query: AccountsDocument, requestPolicy: "cache-and-network" });
  return data?.viewer.accounts ?? [];
}

/** On whose behalf the viewer acts here: the customer, or their part in the office. Undefined for whoever has one account only. */
export function useBehalf(): string | undefined {
  const { t } = useTranslation();
  const accounts = useAccounts();
  const current = accounts.length > 1 ? accounts.find(({ isCurrent }) => isCurrent) : undefined;
  return current && (current.customerName ?? t(`common.role.${current.role}`));
}
