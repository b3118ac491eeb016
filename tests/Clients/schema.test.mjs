// The contract, as standard tools read it.
import { buildSchema, coerceInputValue, parse, typeFromAST, validate, validateSchema } from "graphql";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { changes } from "./contract.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const schema = buildSchema(read("schema.graphql"));

test("schema: graphql-js reads it and finds it valid", () => {
  assert.deepEqual(validateSchema(schema), []);
});

test("schema: nothing that was released is gone, unless it was deprecated before", () => {
  assert.deepEqual(changes(read("schema.released.graphql"), read("schema.graphql")).breaking, []);
});

test("schema: what breaks clients would be found", () => {
  const before = `
    type Query { kept: Int, removed: Int, announced: Int @deprecated(reason: "Use kept."), retyped: Int, asked: Int, chosen(by: Choice, old: Int): Int }
    enum Choice { A B OLD @deprecated(reason: "Use A.") }`;
  const after = `
    type Query { kept: Int, retyped: String, asked(how: Int!): Int, chosen(by: Choice): Int }
    enum Choice { A C }`;
  const { breaking, dangerous } = changes(before, after);
  assert.deepEqual(breaking.sort(), [
    "A required arg how on Query.asked was added.",
    "B was removed from enum type Choice.",
    "Query.chosen arg old was removed.",
    "Query.removed was removed.",
    "Query.retyped changed type from Int to String.",
  ]);
  assert.deepEqual(dangerous, ["C was added to enum type Choice."]);
});

for (const name of readdirSync(new URL("../../src/GraphiQL/examples", import.meta.url))) {
  test(`GraphiQL's example ${name} is valid`, () => {
    const text = read(`src/GraphiQL/examples/${name}`);
    assert.match(text, /^# de: \S.*\n# en: \S/);
    const document = parse(text);
    assert.deepEqual(validate(schema, document), []);
    const variables = JSON.parse(text.match(/^# variables: (.*)$/m)?.[1] ?? "{}");
    const defined = document.definitions[0].variableDefinitions;
    assert.deepEqual(Object.keys(variables), defined.map(({ variable }) => variable.name.value));
    for (const { variable, type } of defined) coerceInputValue(variables[variable.name.value], typeFromAST(schema, type));
  });
}
