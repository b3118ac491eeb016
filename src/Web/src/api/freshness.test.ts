import { type ExchangeIO, makeOperation, type Operation, type OperationResult } from "urql";
import { expect, test, vi } from "vitest";
import { makeSubject, pipe, subscribe } from "wonka";
import { freshnessExchange } from "./freshness";

const keys = { query: 1, subscription: 2, teardown: 1 };

const operation = (kind: "query" | "subscription" | "teardown") =>
  makeOperation(kind, { key: keys[kind], query: { kind: "Document", definitions: [] } as never, variables: {} }, {
    url: "/graphql",
    requestPolicy: "network-only",
  } as never);

/** The exchange, and the versions that came out of it. */
function open() {
  const { source, next: answer } = makeSubject<OperationResult>();
  const { source: operations, next: ask } = makeSubject<Operation>();
  const forward: ExchangeIO = (asked) => {
    pipe(
      asked,
      subscribe(() => {}),
    );
    return source;
  };
  const passed: number[] = [];
  pipe(
    freshnessExchange({ forward, client: {} as never, dispatchDebug: () => {} })(operations),
    subscribe(({ data }) => passed.push(data.list[0].conversation.version)),
  );
  return {
    passed,
    ask: (kind: "query" | "teardown") => ask(operation(kind)),
    comes: (kind: "query" | "subscription", version: number) =>
      answer({
        operation: operation(kind),
        data: { list: [{ conversation: { __typename: "Conversation", id: "c", version } }] },
        stale: false,
        hasNext: false,
      } as OperationResult),
  };
}

/** Lets answers through the exchange and says which come out of it. */
function through(...answers: [kind: "query" | "subscription", version: number][]) {
  const { passed, comes } = open();
  for (const [kind, version] of answers) comes(kind, version);
  return passed;
}

test("a live update that is older than an answer is dropped", () => {
  expect(through(["query", 5], ["subscription", 4], ["subscription", 6])).toEqual([5, 6]);
});

test("the same version again passes: what is unread may have changed", () => {
  expect(through(["subscription", 5], ["subscription", 5])).toEqual([5, 5]);
});

test("answers to what was asked always pass", () => {
  expect(through(["subscription", 5], ["query", 4])).toEqual([5, 4]);
});

test("live updates wait for what is being asked, and come after its answer, which may be older", () => {
  const { passed, ask, comes } = open();
  ask("query");
  comes("subscription", 5);
  comes("subscription", 6);
  expect(passed).toEqual([]);
  comes("query", 4);
  expect(passed).toEqual([4, 5, 6]);
  comes("subscription", 7);
  expect(passed).toEqual([4, 5, 6, 7]);
});

test("what is asked twice is waited for twice", () => {
  const { passed, ask, comes } = open();
  ask("query");
  ask("query");
  comes("query", 4);
  comes("subscription", 5);
  expect(passed).toEqual([4]);
  comes("query", 4);
  expect(passed).toEqual([4, 4, 5]);
});

test("nobody waits for what is asked no more", () => {
  const { passed, ask, comes } = open();
  ask("query");
  comes("subscription", 5);
  ask("teardown");
  expect(passed).toEqual([5]);
});

test("nobody waits for long", () => {
  vi.useFakeTimers();
  const { passed, ask, comes } = open();
  ask("query");
  comes("subscription", 5);
  vi.advanceTimersByTime(5_000);
  expect(passed).toEqual([5]);
  vi.useRealTimers();
});
