import type { Exchange, OperationResult } from "urql";
import { filter, makeSubject, merge, pipe, share, tap } from "wonka";

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

/** The longest that a live update waits for answers, in ms. */
const longest = 5_000;

/**
 * Brings answers and live updates in order; they come side by side, and either may be late. Live updates that are older than what an answer has said
 * already are dropped. One that comes while something is being asked waits for the answer, which may be older, and would otherwise take its place.
 * Stands between the cache and what brings answers.
 */
export const freshnessExchange: Exchange = ({ forward }) => {
  const versions = new Map<string, number>();
  const asked = new Map<number, number>();
  const waiting: OperationResult[] = [];
  const { source: released, next: release } = makeSubject<OperationResult>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const releaseAll = () => {
    clearTimeout(timer);
    for (const each of waiting.splice(0)) release(each);
  };
  const answered = (key: number) => {
    const left = (asked.get(key) ?? 0) - 1;
    if (left > 0) asked.set(key, left);
    else asked.delete(key);
  };
  /** @returns Whether it waits. */
  const wait = (result: OperationResult) => {
    if (result.operation.kind !== "subscription" || asked.size === 0) return false;
    if (waiting.push(result) === 1) timer = setTimeout(releaseAll, longest);
    return true;
  };

  return (operations) => {
    const answers = pipe(
      operations,
      tap(({ kind, key }) => {
        if (kind === "query") asked.set(key, (asked.get(key) ?? 0) + 1);
        else if (kind === "teardown" && asked.delete(key) && asked.size === 0) releaseAll();
      }),
      forward,
      share,
    );
    const inOrder = merge([
      pipe(
        answers,
        filter((result) => !wait(result)),
      ),
      released,
    ]);
    return merge([
      pipe(
        inOrder,
        filter(({ operation, data }) => {
          let late = false;
          if (operation.kind === "subscription")
            conversationsIn(data, (id, version) => {
              late ||= version < (versions.get(id) ?? 0);
            });
          return !late;
        }),
        tap(({ data }) => conversationsIn(data, (id, version) => versions.set(id, Math.max(version, versions.get(id) ?? 0)))),
      ),
      // Those who asked have their answer by now.
      pipe(
        answers,
        filter(({ operation }) => {
          if (operation.kind === "query") answered(operation.key);
          if (asked.size === 0) releaseAll();
          return false;
        }),
      ),
    ]);
  };
};
