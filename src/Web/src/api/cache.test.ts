import { readFileSync } from "node:fs";
import { buildSchema, isAbstractType, isObjectType } from "graphql";
import { expect, test } from "vitest";
import { cacheOf } from "./cache";

const schema = buildSchema(readFileSync(`${import.meta.dirname}/../../../../schema.graphql`, "utf8"));
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith("__"));
const cache = cacheOf([]);

test("the cache knows what each union and interface of the schema can be, or fields of it would be read as missing", () => {
  const possible = types
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)] as const);
  expect(possible.length).toBeGreaterThan(2);
  const known = Object.entries(cache.possibleTypes ?? {}).map(([name, of]) => [name, [...of].sort()]);
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(possible.map(([name, of]) => [name, of.sort()])));
});

test("the cache has a key for nothing that the schema does not have", () => {
  const objects = types.filter(isObjectType).map(({ name }) => name);
  expect(Object.keys(cache.keys ?? {}).filter((name) => !objects.includes(name))).toEqual([]);
});
