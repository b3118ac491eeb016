import { type ExchangeIO, makeOperation, type Operation, type OperationResult } from "urql";
import { expect, test } from "vitest";
import { fromValue, makeSubject, pipe, subscribe } from "wonka";
import { freshnessExchange } from "./freshness";

const operation = (kind: "query" | "subscription") =>
  makeOperation(kind, { key: 1, query: { kind: "Document", definitions: [] } as never, variables: {} }, {
    url: "/graphql",
    requestPolicy: "network-only",
  } as never);

/** Lets answers through the exchange and says which come out of it. */
function through(...answers: [kind: "query" | "subscription", version: number][]) {
  const { source, next } = makeSubject<OperationResult>();
  const forward: ExchangeIO = () => source;
  const io = freshnessExchange({ forward, client: {} as never, dispatchDebug: () => {} });
  const passed: number[] = [];
  pipe(
    io(fromValue({} as Operation)),
    subscribe(({ data }) => passed.push(data.list[0].conversation.version)),
  );
  for (const [kind, version] of answers)
    next({
      operation: operation(kind),
      data: { list: [{ conversation: { __typename: "Conversation", id: "c", version } }] },
      stale: false,
      hasNext: false,
    } as OperationResult);
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
