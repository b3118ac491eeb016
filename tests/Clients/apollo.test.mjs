import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, ServerError } from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { sha256 } from "crypto-hash";
import assert from "node:assert/strict";
import { test } from "node:test";
import { anna, recordingFetch, toyUrl, url } from "./api.mjs";

// Without its cache, which takes the fields of two files for one: to it, every file in the arguments is {}.
const uncached = { fetchPolicy: "no-cache" };
const connect = (link) => new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: uncached, mutate: uncached } });
const client = connect(new HttpLink({ uri: url, headers: anna }));
const conversations = gql`query Conversations($first: Int) { conversations(first: $first) { nodes { id subject customer { name } } pageInfo { hasNextPage } } }`;
const addComment = gql`mutation AddComment($input: AddCommentInput!) { addComment(input: $input) { comment { id body } conversation { version } errors { code message path } } }`;
const uploadFile = gql`mutation UploadFile($file: Upload!) { uploadFile(input: { file: $file }) { file { id name mediaType size } errors { code } } }`;

test("Apollo: a query with variables", async () => {
  const { data } = await client.query({ query: conversations, variables: { first: 2 } });
  assert.equal(data.conversations.nodes.length, 2);
  assert.equal(data.conversations.nodes[0].__typename, "Conversation");
  assert.equal(data.conversations.pageInfo.hasNextPage, true);
});

test("Apollo: a mutation, and its refusal as data", async () => {
  const { data: list } = await client.query({ query: conversations, variables: { first: 1 } });
  const conversationId = list.conversations.nodes[0].id;
  const { data: done } = await client.mutate({ mutation: addComment, variables: { input: { conversationId, body: "Von Apollo" } } });
  assert.equal(done.addComment.comment.body, "Von Apollo");
  assert.deepEqual(done.addComment.errors, []);
  const { data: refused } = await client.mutate({ mutation: addComment, variables: { input: { conversationId, body: " " } } });
  assert.equal(refused.addComment.comment, null);
  assert.equal(refused.addComment.errors[0].code, "INVALID");
});

test("Apollo: errors of a document and of somebody who is not signed in", async () => {
  await assert.rejects(
    client.query({ query: gql`{ conversations { nodes { nonsense } } }` }),
    (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "BAD_USER_INPUT");
  await assert.rejects(
    connect(new HttpLink({ uri: url })).query({ query: conversations }),
    (error) => CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "UNAUTHENTICATED");
  await assert.rejects(
    connect(new HttpLink({ uri: url, headers: { authorization: "Bearer wrong" } })).query({ query: conversations }),
    (error) => (ServerError.is(error) && error.statusCode === 401) || (CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "UNAUTHENTICATED"));
});

test("Apollo: a file is uploaded and attached", async () => {
  const uploads = connect(new UploadHttpLink({ uri: url, headers: { ...anna, "GraphQL-Preflight": "1" } }));
  const file = new File(["Tag;Umsatz\n1;200\n"], "Kassenbericht Oktober – Bäckerei.csv", { type: "text/csv" });
  const { data } = await uploads.mutate({ mutation: uploadFile, variables: { file } });
  assert.equal(data.uploadFile.file.name, "Kassenbericht Oktober – Bäckerei.csv");
  assert.equal(data.uploadFile.file.size, file.size);
  const { data: list } = await client.query({ query: conversations, variables: { first: 1 } });
  const { data: comment } = await uploads.mutate({
    mutation: gql`mutation($input: AddCommentInput!) { addComment(input: $input) { comment { files { name } } errors { code } } }`,
    variables: { input: { conversationId: list.conversations.nodes[0].id, body: "Anbei", fileIds: [data.uploadFile.file.id] } },
  });
  assert.equal(comment.addComment.comment.files[0].name, "Kassenbericht Oktober – Bäckerei.csv");
});

test("Apollo: several files in a list variable", async () => {
  const uploads = connect(new UploadHttpLink({ uri: toyUrl, headers: { authorization: "Bearer anna", "GraphQL-Preflight": "1" } }));
  const { data } = await uploads.mutate({
    mutation: gql`mutation($files: [Upload]!) { uploadFiles(files: $files) }`,
    variables: { files: [new File(["1"], "a.pdf"), new File(["22"], "b.pdf")] },
  });
  assert.equal(data.uploadFiles, "a.pdf:1 b.pdf:2");
});

test("Apollo: several files in one request, each its own field", async () => {
  const uploads = connect(new UploadHttpLink({ uri: url, headers: { ...anna, "GraphQL-Preflight": "1" } }));
  const { data } = await uploads.mutate({
    mutation: gql`mutation($a: Upload!, $b: Upload!) {
      a: uploadFile(input: { file: $a }) { file { name size } errors { code } }
      b: uploadFile(input: { file: $b }) { file { name size } errors { code } }
    }`,
    variables: { a: new File(["eins"], "eins.txt", { type: "text/plain" }), b: new File(["zwei!"], "zwei.txt", { type: "text/plain" }) },
  });
  assert.deepEqual([data.a.file.name, data.a.file.size, data.b.file.name, data.b.file.size], ["eins.txt", 4, "zwei.txt", 5]);
});

for (const useGETForHashedQueries of [false, true]) {
  test(`Apollo: a persisted query is missed, registered and found, by ${useGETForHashedQueries ? "GET" : "POST"}`, async () => {
    const { sent, fetch } = recordingFetch();
    const persisted = connect(ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries }), new HttpLink({ uri: url, headers: anna, fetch })]));
    // A name of its own, so that nobody registered it before.
    const query = gql`query ${useGETForHashedQueries ? "Hashed" : "Posted"}${String(process.pid)} { viewer { id } }`;
    const first = await persisted.query({ query });
    assert.equal(sent.length, 2, "missed, then registered");
    const second = await persisted.query({ query });
    assert.equal(sent.length, 3, "found");
    assert.equal(sent[2].method, useGETForHashedQueries ? "GET" : "POST");
    assert.ok(!decodeURIComponent(sent[2].url + sent[2].body).includes("viewer"), "without its text");
    assert.deepEqual(second.data, first.data);
  });
}

test("Apollo: a batch is one request, answered in its order", async () => {
  const { sent, fetch } = recordingFetch();
  const batching = connect(new BatchHttpLink({ uri: url, headers: anna, fetch, batchInterval: 20, batchMax: 10 }));
  const sizes = [1, 2, 3];
  const answers = await Promise.all(sizes.map((first) => batching.query({ query: conversations, variables: { first } })));
  assert.equal(sent.length, 1);
  assert.deepEqual(answers.map(({ data }) => data.conversations.nodes.length), sizes);
});

test("Apollo: a batch over the cap is refused by name", async () => {
  const batching = connect(new BatchHttpLink({ uri: url, headers: anna, batchInterval: 20, batchMax: 20 }));
  const answers = await Promise.allSettled(Array.from({ length: 11 }, (_, i) => batching.query({ query: conversations, variables: { first: i + 1 } })));
  assert.ok(answers.every(({ status }) => status === "rejected"));
  assert.equal(answers[0].reason.result[0].errors[0].extensions.code, "QUERY_TOO_COMPLEX");
});

test("Apollo: what was then does not take the place of what is now", async () => {
  const client = new ApolloClient({ link: new HttpLink({ uri: url, headers: anna }), cache: new InMemoryCache() });
  const { data: list } = await client.query({ query: gql`query List { conversations(first: 1) { nodes { id } } }` });
  const i = list.conversations.nodes[0].id;
  const { data: uploaded } = await new ApolloClient({ link: new UploadHttpLink({ uri: url, headers: { ...anna, "GraphQL-Preflight": "1" } }), cache: new InMemoryCache() })
    .mutate({ mutation: uploadFile, variables: { file: new File(["x"], "x.txt") } });
  const commented = gql`mutation Write($input: AddCommentInput!) { addComment(input: $input) { conversation { id version } } }`;
  const fileIds = [uploaded.uploadFile.file.id];
  const { data: written } = await client.mutate({ mutation: commented, variables: { input: { conversationId: i, body: "Anbei", fileIds } } });
  const fields = `id subject status version updatedAt commentCount awaitingSince customer { id name } comments(last: 1) { nodes { id body files { id name } } }`;
  const now = gql`query Now($i: ID!) { conversation(id: $i) { ${fields} } }`;
  const { data: before } = await client.query({ query: now, variables: { i } });

  // The moment between the comment and its file.
  const version = written.addComment.conversation.version - 1;
  const { data: then } = await client.query({
    query: gql`query Then($i: ID!, $version: Int!) { conversation(id: $i, asOf: { version: $version }) { ${fields} } }`, variables: { i, version },
  });
  assert.equal(then.conversation.version, version);
  assert.deepEqual(then.conversation.comments.nodes[0].files, []);
  assert.deepEqual(client.readQuery({ query: now, variables: { i } }), before);
  assert.equal(before.conversation.comments.nodes[0].files.length, 1);

  // Both ids find again what they are of.
  const again = gql`query Again($id: ID!) { node(id: $id) { id ... on Conversation { version } ... on Comment { body files { id } } } }`;
  const { data: past } = await client.query({ query: again, variables: { id: then.conversation.id } });
  assert.deepEqual(past.node, { __typename: "Conversation", id: then.conversation.id, version });
  const { data: comment } = await client.query({ query: again, variables: { id: then.conversation.comments.nodes[0].id } });
  assert.deepEqual(comment.node, { __typename: "Comment", id: then.conversation.comments.nodes[0].id, body: "Anbei", files: [] });
  const { data: none } = await client.query({ query: again, variables: { id: `${i}@99999` } });
  assert.equal(none.node, null);
});
