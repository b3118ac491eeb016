import { useEffect } from "react";
import { useClient, useQuery } from "urql";
import { type AsOf, ConversationAsOfDocument } from "../../gql/pages/graphql";

/** The number of comments that are shown of a past conversation; the latest. */
export const shownComments = 40;

const variables = (id: string, asOf: AsOf) => ({ id, asOf, last: shownComments });

/**
 * A conversation as it was, and as it was one event before. The events on both sides are fetched ahead: whoever steps through them does
 * not wait.
 * @param total The number of events; 0 while it is not known, or for those who see nothing of the past: nothing is asked for.
 */
export function usePast(id: string, asOf: AsOf, total: number) {
  const client = useClient();
  const [now, again] = useQuery({ query: ConversationAsOfDocument, variables: variables(id, asOf), pause: total === 0 });
  // While the next moment is on its way, what is shown is the one before.
  const conversation = now.data?.conversation;
  const version = conversation?.version ?? 0;
  const [before] = useQuery({
    query: ConversationAsOfDocument,
    variables: variables(id, { version: version - 1 }),
    pause: version < 2,
  });

  useEffect(() => {
    if (version > 0 && version < total)
      void client.query(ConversationAsOfDocument, variables(id, { version: version + 1 })).toPromise();
  }, [client, id, version, total]);

  const previous = before.data?.conversation;
  return {
    conversation,
    fetching: now.fetching,
    error: now.error,
    again: () => again({ requestPolicy: "network-only" }),
    // Null before the first event; undefined while it is not known.
    previous: version === 1 ? null : previous?.version === version - 1 ? previous : undefined,
  };
}
