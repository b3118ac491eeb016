import type { Client } from "urql";
import { beforeEach, expect, test } from "vitest";
import { discard, outbox, type Pending, send, sendAgain } from "./outbox";

const comment: Pending = { id: "1", conversationId: "c", body: "Guten Tag", visibility: "PUBLIC", files: [], at: 1 };

/** A client whose mutations are answered one after the other. */
function answering(...answers: object[]) {
  const inputs: unknown[] = [];
  const client = {
    mutation: (_: unknown, { input }: { input: unknown }) => ({
      async toPromise() {
        inputs.push(input);
        return answers.shift();
      },
    }),
  };
  return { client: client as unknown as Client, inputs };
}

const sent = { data: { addComment: { comment: { id: "1" }, errors: [] } } };
const noNetwork = { error: { networkError: new Error(), graphQLErrors: [] } };

beforeEach(() => {
  for (const { id } of outbox()) discard(id);
});

test("a comment is in the box until it has arrived", async () => {
  const { client } = answering(sent);
  const sending = send(client, comment);
  expect(outbox()).toEqual([{ ...comment, failed: undefined }]);
  expect(await sending).toEqual({ id: "1" });
  expect(outbox()).toEqual([]);
});

test("what did not go stays, and goes with the same id when sent again", async () => {
  const { client, inputs } = answering(noNetwork, sent);
  await send(client, comment);
  expect(outbox()[0]?.failed).toBe("network");
  await Promise.all(sendAgain(client, "c"));
  expect(outbox()).toEqual([]);
  expect(inputs[1]).toEqual(inputs[0]);
});

test("a refusal is not tried again by itself", async () => {
  const { client } = answering({ data: { addComment: { comment: null, errors: [{ code: "FORBIDDEN" }] } } });
  await send(client, comment);
  expect(outbox()[0]?.failed).toBe("FORBIDDEN");
  expect(sendAgain(client, "c")).toEqual([]);
});

test("what a page did not send is written down", async () => {
  const { client } = answering(noNetwork);
  await send(client, comment);
  expect(JSON.stringify(localStorage)).toContain("Guten Tag");
});
