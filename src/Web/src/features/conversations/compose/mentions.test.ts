import { expect, test } from "vitest";
import { matching, mentionsIn, partsWith, typedAt } from "./mentions";

const anna = { id: "a", displayName: "Anna" };
const annaMaria = { id: "b", displayName: "Anna Maria Sommer" };
const bernd = { id: "c", displayName: "Bernd Winter" };
const other = { id: "d", displayName: "Bernd Winter" };

test("a name is typed after an @ that is not within a word, up to the caret", () => {
  expect(typedAt("Bitte @Ber", 10)).toEqual({ at: 6, search: "Ber" });
  expect(typedAt("@", 1)).toEqual({ at: 0, search: "" });
  expect(typedAt("@Bernd Win", 10)).toEqual({ at: 0, search: "Bernd Win" });
  expect(typedAt("@Bernd", 3)).toEqual({ at: 0, search: "Be" });
  for (const [text, caret] of [
    ["a@b", 3],
    ["", 0],
    ["@", 0],
    ["@a\nb", 4],
    [`@${"x".repeat(200)}`, 201],
  ] as const)
    expect(typedAt(text, caret)).toBeUndefined();
});

test("somebody is found by how any part of the name begins", () => {
  expect(matching([anna, annaMaria, bernd], "ann")).toEqual([anna, annaMaria]);
  expect(matching([anna, annaMaria, bernd], "SOM")).toEqual([annaMaria]);
  expect(matching([anna, annaMaria, bernd], "bernd w")).toEqual([bernd]);
  expect(matching([anna, annaMaria, bernd], "inter")).toEqual([]);
});

test("a text mentions whose whole name is in it, the longest of names that begin alike, and each once", () => {
  const all = [anna, annaMaria, bernd];
  expect(mentionsIn("@Anna Maria Sommer, @Bernd Winter und @Bernd Winter", all, [])).toEqual(["b", "c"]);
  for (const text of ["(@Anna)", "@Anna bitte", "@Anna."]) expect(mentionsIn(text, all, [])).toEqual(["a"]);
  expect(mentionsIn("mail@Anna @Annabell @Bernd Anna", all, [])).toEqual([]);
  expect(partsWith("Hallo @Anna!", all).map(({ text }) => text)).toEqual(["Hallo ", "@Anna", "!"]);
});

test("of several of one name it is the one who was chosen, or all", () => {
  expect(mentionsIn("@Bernd Winter", [bernd, other], ["d"])).toEqual(["d"]);
  expect(mentionsIn("@Bernd Winter", [bernd, other], [])).toEqual(["c", "d"]);
});
