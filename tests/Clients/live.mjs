// What the tests of subscriptions need: the two clients under one roof, and a view of a conversation that follows it.
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";
import { anna, url } from "./api.mjs";

export const nodeUrl = process.env.MESSAGING_NODE_URL;
export const proxyUrl = process.env.MESSAGING_PROXY_URL;

/** Does something to the other node, or to the connections with it. */
export const control = async (what) => {
  const response = await fetch(new URL(what, process.env.MESSAGING_CONTROL_URL));
  if (!response.ok) throw new Error(`${what}: ${response.status}`);
};

/** Asks the node that stays. */
export async function ask(query, variables) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...anna }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

export async function createConversation() {
  const { customers } = await ask("{ customers(first: 1) { nodes { id } } }");
  const { createConversation } = await ask(
    "mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } errors { message } } }",
    { input: { customerId: customers.nodes[0].id, subject: "Live", body: "Guten Tag" } });
  return createConversation.conversation.id;
}

export async function comment(conversationId, body) {
  const { addComment } = await ask(
    "mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } errors { message } } }", { input: { conversationId, body } });
  if (addComment.errors.length > 0) throw new Error(JSON.stringify(addComment.errors));
}

/** graphql-ws. Says how many sockets it opened. */
export function ws(target, { headers = anna, retryAttempts = 0 } = {}) {
  const opened = [];
  const connected = new Set();
  const client = createWs({
    url: target.replace("http", "ws"),
    webSocketImpl: class extends WebSocket {
      constructor(...args) {
        super(...args);
        opened.push(this);
      }
    },
    connectionParams: headers,
    retryAttempts,
    retryWait: () => wait(50),
    shouldRetry: () => true,
    // By then what had been subscribed before is subscribed again.
    on: { connected: () => connected.forEach((tell) => setImmediate(tell)) },
  });
  return {
    opened,
    subscribe: (request, sink, onConnected) => {
      if (onConnected) connected.add(onConnected);
      return client.subscribe(request, sink);
    },
    dispose: () => client.dispose(),
  };
}

/** graphql-sse, each operation a connection of its own. */
export function sse(target, { headers = anna, retryAttempts = 0 } = {}) {
  const client = createSse({ url: target, headers, retryAttempts, retry: () => wait(50) });
  return {
    subscribe: (request, sink, onConnected) => client.subscribe(request, sink, { connected: () => onConnected?.() }),
    dispose: () => client.dispose(),
  };
}

/** The only answer to an operation. */
export const once = (client, query, variables) =>
  new Promise((resolve, reject) => {
    let answer;
    client.subscribe({ query, variables }, { next: (result) => (answer = result), error: reject, complete: () => resolve(answer) });
  });

/** Everything a subscription tells; 'next' waits for one more. */
export function listen(client, query, variables) {
  const told = [];
  const ended = { value: undefined };
  const stop = client.subscribe({ query, variables }, {
    next: (result) => told.push(result),
    error: (error) => (ended.value = { error }),
    complete: () => (ended.value ??= {}),
  });
  return { told, ended, stop, next: (count = told.length + 1) => until(() => told.length >= count, `${count} answers, there are ${told.length}`) };
}

export async function until(condition, what) {
  for (let i = 0; i < 600; i++) {
    if (await condition()) return;
    await wait(50);
  }
  throw new Error(`Waited in vain for ${what}`);
}

const state = "query($id: ID!) { conversation(id: $id) { version comments(last: 200) { nodes { id body } } } }";
const updates = "subscription($id: ID!) { conversationUpdated(id: $id) { conversation { version commentCount lastComment { id body } } } }";

/** The pattern of Transport/README.md: subscribe, then ask for what is shown, whenever connected; drop what has a version that is known. */
export class View {
  version = 0;
  comments = [];
  connections = 0;
  versions = [];

  constructor(client, id) {
    this.client = client;
    this.id = id;
    client.subscribe({ query: updates, variables: { id } }, { next: (result) => this.#update(result.data.conversationUpdated.conversation), error: () => {}, complete: () => {} }, () => {
      this.connections++;
      this.#refetch();
    });
  }

  #update({ version, commentCount, lastComment }) {
    if (version <= this.version) return;
    if (version === this.version + 1 && commentCount === this.comments.length + 1) this.#take(version, [...this.comments, lastComment]);
    else this.#refetch();
  }

  async #refetch() {
    try {
      const { conversation } = (await once(this.client, state, { id: this.id })).data;
      if (conversation.version > this.version) this.#take(conversation.version, conversation.comments.nodes);
    } catch {
      // The connection was cut meanwhile: it is asked again when there is another.
    }
  }

  #take(version, comments) {
    this.version = version;
    this.comments = comments;
    this.versions.push(version);
  }
}
