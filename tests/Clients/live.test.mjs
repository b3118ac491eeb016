// Subscriptions by WebSocket and by event stream.
import assert from "node:assert/strict";
import { test as timed } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { url } from "./api.mjs";
import { ask, comment, control, createConversation, listen, nodeUrl, once, proxyUrl, sse, until, View, ws } from "./live.mjs";

const ofOne = "subscription($id: ID!) { conversationUpdated(id: $id) { conversation { id lastComment { body } } } }";
// A client that waits for good would hold up everything behind it.
const test = (name, run) => timed(name, { timeout: 90_000 }, run);

const wrongToken = { authorization: "Bearer made up" };

test("graphql-ws: a query, a mutation and what a subscription tells, over one socket", async () => {
  const client = ws(nodeUrl);
  const id = await createConversation();
  const updates = listen(client, ofOne, { id });
  assert.equal((await once(client, "{ viewer { displayName } }")).data.viewer.displayName, "Anna Sommer");
  const added = await once(client, "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Über den Socket\" }) { errors { message } } }", { id });
  assert.deepEqual(added.data.addComment.errors, []);
  await until(() => updates.told.some(({ data }) => data.conversationUpdated.conversation.lastComment.body === "Über den Socket"), "the comment");
  assert.equal(client.opened.length, 1);
  await client.dispose();
});

test("graphql-ws: a document that is not valid ends with its errors, and the socket stays", async () => {
  const client = ws(nodeUrl);
  const other = listen(client, "subscription { conversationsUpdated { removedId } }");
  await assert.rejects(once(client, "{ nothing }"), (errors) => errors[0].extensions.code === "BAD_USER_INPUT");
  await assert.rejects(once(client, ofOne, { id: "unknown" }), (errors) => errors[0].extensions.code === "BAD_USER_INPUT");
  assert.equal((await once(client, "{ viewer { displayName } }")).data.viewer.displayName, "Anna Sommer");
  assert.equal(other.ended.value, undefined);
  assert.equal(client.opened.length, 1);
  await client.dispose();
});

test("graphql-ws: without a valid token it is closed with 4403", async () => {
  for (const headers of [wrongToken, {}]) {
    const client = ws(nodeUrl, { headers });
    await assert.rejects(once(client, "{ viewer { displayName } }"), ({ code }) => code === 4403);
    await client.dispose();
  }
});

test("graphql-ws: eighty subscriptions on one socket are each told", async () => {
  const client = ws(nodeUrl);
  const ids = [await createConversation(), await createConversation()];
  const all = Array.from({ length: 80 }, (_, i) => listen(client, ofOne, { id: ids[i % 2] }));
  await once(client, "{ viewer { id } }");
  await Promise.all(ids.map((id) => comment(id, `An ${id}`)));
  for (const [i, { told }] of all.entries()) {
    const id = ids[i % 2];
    await until(() => told.some(({ data }) => data.conversationUpdated.conversation.lastComment.body === `An ${id}`), `subscription ${i}`);
    assert.ok(told.every(({ data }) => data.conversationUpdated.conversation.id === id));
  }
  assert.equal(client.opened.length, 1);
  await client.dispose();
});

test("graphql-ws: what is completed is told nothing more, and nothing else ends", async () => {
  const client = ws(nodeUrl);
  const id = await createConversation();
  const [gone, stays] = [listen(client, ofOne, { id }), listen(client, ofOne, { id })];
  await once(client, "{ viewer { id } }");
  await comment(id, "eins");
  const has = ({ told }, body) => told.some(({ data }) => data.conversationUpdated.conversation.lastComment.body === body);
  await until(() => has(gone, "eins") && has(stays, "eins"), "both");
  gone.stop();
  await once(client, "{ viewer { id } }");
  const before = gone.told.length;
  await comment(id, "zwei");
  await until(() => has(stays, "zwei"), "the other");
  assert.equal(gone.told.length, before);
  assert.equal(stays.ended.value, undefined);
  await client.dispose();
});

test("graphql-sse: a query, a mutation and what a subscription tells", async () => {
  const client = sse(nodeUrl);
  const id = await createConversation();
  const updates = listen(client, ofOne, { id });
  assert.equal((await once(client, "{ viewer { displayName } }")).data.viewer.displayName, "Anna Sommer");
  await wait(500);
  const added = await once(client, "mutation($id: ID!) { addComment(input: { conversationId: $id, body: \"Über den Strom\" }) { errors { message } } }", { id });
  assert.deepEqual(added.data.addComment.errors, []);
  await until(() => updates.told.some(({ data }) => data.conversationUpdated.conversation.lastComment.body === "Über den Strom"), "the comment");
  client.dispose();
});

test("graphql-sse: a document that is not valid ends with its errors", async () => {
  const client = sse(nodeUrl);
  const failed = await once(client, ofOne, { id: "unknown" });
  assert.equal(failed.errors[0].extensions.code, "BAD_USER_INPUT");
  client.dispose();
});

test("graphql-sse: without a valid token it is refused with 401", async () => {
  for (const headers of [wrongToken, {}]) {
    const client = sse(nodeUrl, { headers });
    await assert.rejects(once(client, "subscription { conversationsUpdated { removedId } }"), ({ response }) => response.status === 401);
    client.dispose();
  }
});

test("graphql-sse: eighty subscriptions are each told, and one that is completed nothing more", async () => {
  const client = sse(nodeUrl);
  const id = await createConversation();
  let connected = 0;
  const all = Array.from({ length: 80 }, () => {
    const told = [];
    return { told, stop: client.subscribe({ query: ofOne, variables: { id } }, { next: (r) => told.push(r), error: () => {}, complete: () => {} }, () => connected++) };
  });
  await until(() => connected === 80, "eighty connections");
  all[0].stop();
  await wait(500);
  const before = all[0].told.length;
  await comment(id, "an alle");
  for (const { told } of all.slice(1)) await until(() => told.some(({ data }) => data.conversationUpdated.conversation.lastComment.body === "an alle"), "each of them");
  assert.equal(all[0].told.length, before);
  client.dispose();
});

for (const [name, connect] of [["graphql-ws", ws], ["graphql-sse", sse]]) {
  test(`${name}: it comes back when the server was killed and started again`, async () => {
    const client = connect(nodeUrl, { retryAttempts: 10_000 });
    const id = await createConversation();
    const view = new View(client, id);
    await until(() => view.version === 2, "the beginning");
    await control("kill");
    await comment(id, "während niemand da war");
    await control("start");
    await until(() => view.comments.some(({ body }) => body === "während niemand da war"), "what happened meanwhile");
    await comment(id, "danach");
    await until(() => view.comments.some(({ body }) => body === "danach"), "what happened afterwards");
    assert.ok(view.connections >= 2);
    await client.dispose();
  });

  test(`${name}: nothing is missed while the connection is cut again and again`, async () => {
    const client = connect(proxyUrl, { retryAttempts: 10_000 });
    const id = await createConversation();
    const view = new View(client, id);
    await until(() => view.version === 2, "the beginning");
    let written = false;
    const writing = (async () => {
      for (let i = 0; i < 120; i++) {
        await comment(id, `Nummer ${i}`);
        await wait(Math.random() * 60);
      }
      written = true;
    })();
    while (!written) {
      await wait(100 + Math.random() * 400);
      await control("cut");
    }
    await writing;
    await isWhole(view, id);
    assert.ok(view.connections >= 5, `${view.connections} connections`);
    await client.dispose();
  });

  test(`${name}: nothing is missed when the node is killed and another takes over`, async () => {
    const client = connect(proxyUrl, { retryAttempts: 10_000 });
    const id = await createConversation();
    const view = new View(client, id);
    await until(() => view.version === 2, "the beginning");
    const writing = (async () => {
      for (let i = 0; i < 60; i++) {
        await comment(id, `Nummer ${i}`);
        await wait(40);
      }
    })();
    await wait(1_000);
    await control("other");
    await control("kill");
    try {
      await writing;
      await isWhole(view, id);
      assert.ok(view.connections >= 2);
    } finally {
      await client.dispose();
      await control("start");
    }
  });
}

// What the client shows is what the server has, and it never went back.
async function isWhole(view, id) {
  const { conversation } = await ask("query($id: ID!) { conversation(id: $id) { version comments(last: 200) { nodes { id body } } } }", { id });
  await until(() => view.version === conversation.version, `version ${conversation.version} at ${url}`);
  assert.deepEqual(view.comments, conversation.comments.nodes);
  assert.deepEqual(view.versions, [...view.versions].sort((a, b) => a - b));
}
