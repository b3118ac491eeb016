import { useEffect, useState } from "react";
import { type CombinedError, useClient } from "urql";
import { BacklogAtDocument, type BacklogAtQueryVariables, type BacklogFragment } from "../../gql/pages/graphql";
import { instants, perRequest } from "./instants";
import type { Range } from "./ranges";

/** The backlog at an instant. */
export interface Point {
  at: string;
  open: number;
  attention: number;
}

/** The backlog over time, up to an instant. */
export function useBacklog(range: Range, zone: string, now: Date) {
  const client = useClient();
  const [points, setPoints] = useState<{ range: Range; points: Point[] }>();
  const [error, setError] = useState<CombinedError>();

  useEffect(() => {
    let left = false;
    const at = instants(range, zone, now);
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
  }, [client, range, zone, now]);

  return { points: points?.range === range ? points.points : undefined, error };
}
