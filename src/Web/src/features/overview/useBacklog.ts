import { useCallback, useEffect, useState } from "react";
import { type CombinedError, useClient } from "urql";
import { BacklogAtDocument, type BacklogAtQueryVariables, type BacklogFragment } from "../../gql/pages/graphql";
import { instants, perRequest } from "./instants";
import type { Range } from "./ranges";

/** What was open and needed attention at an instant. */
export interface Point {
  at: string;
  open: number;
  attention: number;
}

/** The backlog over time; ask again for what it is by now. */
export function useBacklog(range: Range, zone: string) {
  const client = useClient();
  const [points, setPoints] = useState<{ range: Range; points: Point[] }>();
  const [error, setError] = useState<CombinedError>();
  const [asked, setAsked] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: asking again is a change, too.
  useEffect(() => {
    let left = false;
    const at = instants(range, zone, new Date());
    const requests = Array.from({ length: at.length / perRequest }, (_, nth) => {
      const times = at.slice(nth * perRequest, (nth + 1) * perRequest);
      const variables = Object.fromEntries(times.map((time, index) => [`t${index}`, time])) as unknown as BacklogAtQueryVariables;
      return client.query(BacklogAtDocument, variables).toPromise();
    });
    void Promise.all(requests).then((answers) => {
      if (left) return;
      const failed = answers.find((answer) => answer.error)?.error;
      setError(failed);
      if (failed) return;
      const counts = answers.flatMap(({ data }) =>
        Array.from(
          { length: perRequest },
          (_, index) => (data!.reports as unknown as Record<string, BacklogFragment>)[`b${index}`]!,
        ),
      );
      setPoints({
        range,
        points: at.map((time, index) => ({ at: time, open: counts[index]!.open, attention: counts[index]!.attention })),
      });
    });
    return () => {
      left = true;
    };
  }, [client, range, zone, asked]);

  const again = useCallback(() => setAsked((times) => times + 1), []);
  return { points: points?.range === range ? points.points : undefined, error, again };
}
