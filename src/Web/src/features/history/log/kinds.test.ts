import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kinds } from "./kinds";

test("each type of event is of one kind, so that none is missed by whoever asks for kinds", () => {
  const stored = readFileSync(
    `${import.meta.dirname}/../../../../../../tests/Architecture.Tests/Approved/stored-names.txt`,
    "utf8",
  );
  const types = stored
    .split("\n")
    .map((line) => /^event (\w+)$/.exec(line.trim())?.[1])
    .filter((type) => type !== undefined);
  expect(types.length).toBeGreaterThan(60);
  expect(Object.values(kinds).flat().sort()).toEqual(types.sort());
});
