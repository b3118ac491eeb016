import { type ReactNode, useState } from "react";
import { type TypedDocumentNode, useQuery } from "urql";
import { ordered } from "../api/client";
import { useReconnected } from "../api/live";
import { Failed } from "./Failed";
import { More } from "./More";

interface Connection<Node> {
  nodes: readonly Node[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

interface Props<Data, Variables extends { after?: string | null }, Node> {
  query: TypedDocumentNode<Data, Variables>;
  /** The variables but for where a page begins. */
  variables: Omit<Variables, "after">;
  /** The page in an answer. */
  pageOf: (data: Data) => Connection<Node> | null | undefined;
  /** A node as an item of the list, with its key. */
  row: (node: Node) => ReactNode;
  /** Which ones are shown; without it all. */
  shows?: (node: Node) => boolean;
  /** In the place of a page that is on its way. */
  loading: ReactNode;
  /** In the place of a list without any. */
  empty?: ReactNode;
  /** Whether subscriptions tell of what is listed: then it is asked for again whenever the connection is back. */
  live?: boolean;
}

/** Items of a list, page by page: the next one comes when the end of the one before is in sight. */
export const Pages = <Data, Variables extends { after?: string | null }, Node>(props: Props<Data, Variables, Node>) => (
  <OnePage {...props} after={undefined} />
);

/** One page, and those after it. */
function OnePage<Data, Variables extends { after?: string | null }, Node>({
  after,
  ...list
}: Props<Data, Variables, Node> & { after: string | undefined }) {
  const { query, variables, pageOf, row, shows, loading, empty, live = false } = list;
  const [more, setMore] = useState(false);
  const [{ data, error, fetching }, again] = useQuery({
    query,
    variables: { ...variables, after } as Variables,
    requestPolicy: "cache-and-network",
  });
  const ask = () => again({ requestPolicy: "network-only", ...(live && ordered) });
  useReconnected(() => live && ask());
  const page = data && pageOf(data);
  if (!page) return <li>{error ? <Failed error={error} retry={ask} /> : loading}</li>;

  const { nodes, pageInfo } = page;
  const shown = shows ? nodes.filter(shows) : nodes;
  const isNone = shown.length === 0 && after === undefined && !pageInfo.hasNextPage && !fetching;
  return (
    <>
      {shown.map(row)}
      {isNone && empty && <li>{empty}</li>}
      {pageInfo.hasNextPage &&
        (more ? (
          <OnePage {...list} after={pageInfo.endCursor ?? undefined} />
        ) : (
          <li>
            <More onMore={() => setMore(true)} />
          </li>
        ))}
    </>
  );
}
