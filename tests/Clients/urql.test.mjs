import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { cacheExchange as graphcache } from "@urql/exchange-graphcache";
import assert from "node:assert/strict";
import { test } from "node:test";
import { anna, toyUrl, url } from "./api.mjs";

const connect = (target, headers, options) =>
  new Client({ url: target, exchanges: [cacheExchange, fetchExchange], fetchOptions: { headers }, preferGetMethod: false, ...options });
const client = connect(url, { ...anna, "GraphQL-Preflight": "1" });
const customers = gql`query Customers { customers { nodes { id name } } }`;

test("urql: a query by POST and by GET", async () => {
  const posted = await client.query(customers, {}).toPromise();
  assert.equal(posted.error, undefined);
  assert.ok(posted.data.customers.nodes.some(({ name }) => name === "Bäckerei Krause GmbH"));
  const got = await connect(url, anna, { preferGetMethod: "force" }).query(customers, {}).toPromise();
  assert.deepEqual(got.data, posted.data);
});

test("urql: a mutation, and its refusal as data", async () => {
  const register = gql`mutation($name: String!) { registerCustomer(input: { name: $name }) { customer { name } errors { code path } } }`;
  const done = await client.mutation(register, { name: "Gärtnerei Grün" }).toPromise();
  assert.equal(done.data.registerCustomer.customer.name, "Gärtnerei Grün");
  const refused = await client.mutation(register, { name: "" }).toPromise();
  assert.equal(refused.data.registerCustomer.errors[0].code, "INVALID");
});

test("urql: errors of a document and of somebody who is not signed in", async () => {
  const invalid = await client.query(gql`{ nonsense }`, {}).toPromise();
  assert.equal(invalid.error.graphQLErrors[0].extensions.code, "BAD_USER_INPUT");
  const anonymous = await connect(url, {}).query(customers, {}).toPromise();
  assert.equal(anonymous.error.graphQLErrors[0].extensions.code, "UNAUTHENTICATED");
});

test("urql: a file is uploaded", async () => {
  const file = new File(["%PDF-1.7\n%%EOF\n"], "Rechnung Mühle.pdf", { type: "application/pdf" });
  const { data, error } = await client
    .mutation(gql`mutation($file: Upload!) { uploadFile(input: { file: $file }) { file { name mediaType size } errors { code } } }`, { file })
    .toPromise();
  assert.equal(error, undefined);
  assert.deepEqual({ ...data.uploadFile.file, __typename: undefined }, { name: file.name, mediaType: "application/pdf", size: file.size, __typename: undefined });
});

test("urql: several files in a list variable", async () => {
  const toy = connect(toyUrl, { authorization: "Bearer anna", "GraphQL-Preflight": "1" });
  const files = [new File(["1"], "a.pdf"), new File(["22"], "b.pdf")];
  const { data, error } = await toy.mutation(gql`mutation($files: [Upload]!) { uploadFiles(files: $files) }`, { files }).toPromise();
  assert.equal(error, undefined);
  assert.equal(data.uploadFiles, "a.pdf:1 b.pdf:2");
});

test("urql: what was then does not take the place of what is now in its normalised cache", async () => {
  const client = new Client({
    url, fetchOptions: { headers: { ...anna, "GraphQL-Preflight": "1" } }, preferGetMethod: false,
    exchanges: [graphcache({ keys: { CommentConnection: () => null, ConversationConnection: () => null } }), fetchExchange],
  });
  const { data: list } = await client.query(gql`query List { conversations(first: 1, filter: { status: [OPEN] }) { nodes { id } } }`, {}).toPromise();
  const i = list.conversations.nodes[0].id;
  const fields = `id status version comments(last: 1) { nodes { id body } }`;
  const now = gql`query Now($i: ID!) { conversation(id: $i) { ${fields} } }`;
  const { data: before } = await client.query(now, { i }).toPromise();
  const { data: then } = await client.query(gql`query Then($i: ID!) { conversation(id: $i, asOf: { version: 1 }) { ${fields} } }`, { i }).toPromise();
  assert.equal(then.conversation.version, 1);
  assert.deepEqual(client.readQuery(now, { i }).data, before);
});
