import { useMemo } from "react";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { isOffice } from "../../app/access";
import { AdministratorChoicesDocument } from "../../gql/graphql";

/** Those who can be responsible for a conversation; for customers, who may not know them, nobody. */
export function useAdministrators() {
  const office = isOffice(useViewer().role);
  const [{ data }] = useQuery({ query: AdministratorChoicesDocument, pause: !office });
  return useMemo(() => data?.administrators.nodes.filter(({ active, role }) => active && role === "ADMINISTRATOR") ?? [], [data]);
}
