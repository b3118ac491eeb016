import type { Client } from "urql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { allKept, keep } from "../../../api/kept";
import { begin } from "../../../api/session";
import type { ViewerPartsFragment } from "../../../gql/graphql";
import { discard, isOutdated, onArrived, outbox, type Pending, send, sendAgain, startSending } from "./outbox";

const comment: Pending = { id: "1", conversationId: "c", body: "Guten Tag", visibility: "PUBLIC", files: [], at: 1 };
const sent = { data: { addComment: { comment: { id: "1" }, errors: [] } } };
const noNetwork = { error: { networkError: new Error(), graphQLErrors: [] } };
const refused = { data: { addComment: { comment: null, errors: [{ code: "FORBIDDEN" }] } } };

/** A client whose mutations are answered one after the other. */
function answering(...answers: object[]) {
  const inputs: { id: string; body: string }[] = [];
  const client = {
    mutation: (_: unknown, { input }: { input: { id: string; body: string } }) => ({
      async toPromise() {
        inputs.push(input);
        return answers.shift() ?? noNetwork;
      },
    }),
  };
  return { client: client as unknown as Client, inputs };
}

let stop = () => {};
const start = (client: Client) => {
  stop = startSending(client);
};

beforeEach(async () => {
  vi.useFakeTimers();
  const times = btoa(JSON.stringify({ nbf: Date.now() / 1000, exp: Date.now() / 1000 + 900 }));
  await begin({
    accessToken: `a.${times}.c`,
    sessionId: "s",
    sessionExpiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    storageKey: btoa("0".repeat(32)),
    viewer: { id: "v" } as ViewerPartsFragment,
  });
});
afterEach(() => {
  stop();
  for (const { id } of outbox()) discard(id);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a comment is in the box until it has arrived, which is told", async () => {
  const { client } = answering(sent);
  const arrived = vi.fn();
  onArrived(arrived);
  start(client);
  send(comment);
  expect(outbox()).toEqual([comment]);
  await vi.waitFor(() => expect(outbox()).toEqual([]));
  expect(arrived).toHaveBeenCalledWith({ conversationId: "c", comment: { id: "1" } });
});

test("what did not go is tried again by itself, with the same id, and less and less often", async () => {
  // In the middle of what chance may make of it: after 2, 4 and 8 seconds.
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const { client, inputs } = answering(noNetwork, noNetwork, noNetwork, sent);
  start(client);
  send(comment);
  await vi.waitFor(() => expect(outbox()[0]?.failed).toBe("network"));
  await vi.advanceTimersByTimeAsync(2_600);
  expect(inputs.length).toBe(2);
  await vi.advanceTimersByTimeAsync(2_600);
  expect(inputs.length).toBe(2);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(outbox()).toEqual([]);
  expect(new Set(inputs.map(({ id }) => id)).size).toBe(1);
});

test("what has come back is a reason to try at once", async () => {
  const { client, inputs } = answering(noNetwork, sent);
  start(client);
  send(comment);
  await vi.waitFor(() => expect(outbox()[0]?.failed).toBe("network"));
  dispatchEvent(new Event("online"));
  await vi.waitFor(() => expect(outbox()).toEqual([]));
  expect(inputs.length).toBe(2);
});

test("a refusal waits for whoever wrote it, and holds nothing else up", async () => {
  const { client, inputs } = answering(refused, sent, sent);
  start(client);
  send(comment);
  send({ ...comment, id: "2", at: 2 });
  await vi.waitFor(() => expect(outbox().map(({ id, failed }) => ({ id, failed }))).toEqual([{ id: "1", failed: "FORBIDDEN" }]));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(inputs.length).toBe(2);
  sendAgain(outbox()[0]!);
  await vi.waitFor(() => expect(outbox()).toEqual([]));
});

test("what was written later in a conversation waits for what was written before, and no other conversation does", async () => {
  const { client, inputs } = answering(noNetwork, sent, sent, sent);
  start(client);
  send(comment);
  await vi.waitFor(() => expect(outbox()[0]?.failed).toBe("network"));
  send({ ...comment, id: "2", at: 2 });
  send({ ...comment, id: "3", at: 3, conversationId: "d" });
  await vi.waitFor(() => expect(outbox()).toEqual([]));
  expect(inputs.map(({ id }) => id)).toEqual(["1", "1", "2", "3"]);
});

test("what waits behind what did not go says so, for the same reason, and is not tried without end", async () => {
  const { client, inputs } = answering();
  start(client);
  send(comment);
  send({ ...comment, id: "2", at: 2 });
  await vi.waitFor(() => expect(outbox().map(({ failed }) => failed)).toEqual(["network", "network"]));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(new Set(inputs.map(({ id }) => id))).toEqual(new Set(["1"]));
  expect(inputs.length).toBeLessThan(10);
});

test("what of it was refused is kept with it", async () => {
  const { client } = answering({
    data: { addComment: { comment: null, errors: [{ code: "NOT_FOUND", path: ["fileIds", "0"] }] } },
  });
  start(client);
  send(comment);
  await vi.waitFor(() => expect(outbox()[0]).toMatchObject({ failed: "NOT_FOUND", about: "fileIds" }));
});

test("what was changed after it had arrived unnoticed goes beside it, once", async () => {
  const used = { data: { addComment: { comment: null, errors: [{ code: "CONFLICT", path: ["id"] }] } } };
  const { client, inputs } = answering(used, sent);
  start(client);
  send(comment);
  await vi.waitFor(() => expect(outbox()).toEqual([]));
  expect(inputs[1]).toMatchObject({ body: "Guten Tag" });
  expect(inputs[1]!.id).not.toBe("1");
});

test("what is kept is a list that stays the same while nothing changes", () => {
  keep("draft", "a", { body: "x" });
  expect(allKept("draft")).toBe(allKept("draft"));
  expect(allKept("outbox")).toEqual([]);
});

test("a status goes with its comment, and is set all the same when its author wants that after something has changed", async () => {
  const outdated = { data: { addComment: { comment: null, errors: [{ code: "CONFLICT", path: ["expectedVersion"] }] } } };
  const { client, inputs } = answering(outdated, sent);
  start(client);
  send({ ...comment, status: "ATTENTION", expectedVersion: 7 });
  await vi.waitFor(() => expect(outbox()[0]?.failed).toBe("CONFLICT"));
  const waits = outbox()[0] as Pending;
  expect(isOutdated(waits)).toBe(true);
  expect(inputs[0]).toMatchObject({ id: "1", status: "ATTENTION", expectedVersion: 7 });
  await vi.advanceTimersByTimeAsync(120_000);
  expect(inputs.length).toBe(1);
  sendAgain(waits);
  await vi.waitFor(() => expect(outbox()).toEqual([]));
  expect(inputs[1]).toEqual({ ...inputs[0], expectedVersion: undefined });
});

test("what waits for the network keeps the status and the version that its author saw", async () => {
  const { client, inputs } = answering(noNetwork, sent);
  start(client);
  send({ ...comment, status: "ANSWERED", expectedVersion: 3 });
  await vi.waitFor(() => expect(outbox()[0]?.failed).toBe("network"));
  sendAgain(outbox()[0] as Pending);
  await vi.waitFor(() => expect(outbox()).toEqual([]));
  expect(inputs[1]).toEqual(inputs[0]);
});
