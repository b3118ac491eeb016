import type { Exchange } from "urql";
import { filter, pipe, tap } from "wonka";

/** Calls back for each conversation in an answer, at any depth. */
function conversationsIn(data: unknown, found: (id: string, version: number) => void) {
  if (Array.isArray(data)) {
    for (const item of data) conversationsIn(item, found);
  } else if (data && typeof data === "object") {
    const { __typename, id, version } = data as Record<string, unknown>;
    if (__typename === "Conversation" && typeof id === "string" && typeof version === "number") found(id, version);
    for (const value of Object.values(data)) if (value && typeof value === "object") conversationsIn(value, found);
  }
}

/**
 * Drops live updates that are older than what an answer has said already: they come by another connection, and may be late.
 * Stands between the cache and what brings answers.
 */
export const freshnessExchange: Exchange = ({ forward }) => {
  const versions = new Map<string, number>();
  return (operations) =>
    pipe(
      forward(operations),
      filter(({ operation, data }) => {
        let late = false;
        if (operation.kind === "subscription")
          conversationsIn(data, (id, version) => {
            late ||= version < (versions.get(id) ?? 0);
          });
        return !late;
      }),
      tap(({ data }) => conversationsIn(data, (id, version) => versions.set(id, Math.max(version, versions.get(id) ?? 0)))),
    );
};
