import { useMemo } from "react";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { AdministratorChoicesDocument } from "../../gql/graphql";
import { isOffice } from "../../session/access";

/** Those who can be responsible for a conversation; for customers, who may not know them, nobody. */
export function useAdministrators() {
  const office = isOffice(useViewer().role);
  const [{ data }] = useQuery({ query: AdministratorChoicesDocument, pause: !office });
  return useMemo(() => data?.administrators.nodes.filter(({ active, role }) => active && role === "ADMINISTRATOR") ?? [], [data]);
}
