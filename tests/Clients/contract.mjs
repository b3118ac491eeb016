// What a change of the schema means for those who build on it.
import { buildSchema, findBreakingChanges, findDangerousChanges, parse, print, visit } from "graphql";

const isDeprecated = (node) => node.directives?.some(({ name }) => name.value === "deprecated");

/** A contract without what it announced to remove: that may go. */
function withoutDeprecated(sdl) {
  const drop = (node) => (isDeprecated(node) ? null : undefined);
  return print(visit(parse(sdl), { FieldDefinition: drop, InputValueDefinition: drop, EnumValueDefinition: drop }));
}

/** What breaks clients, and what some of them may stumble over. */
export function changes(before, after) {
  const [old, current] = [buildSchema(withoutDeprecated(before)), buildSchema(after)];
  return {
    breaking: findBreakingChanges(old, current).map(({ description }) => description),
    dangerous: findDangerousChanges(old, current).map(({ description }) => description),
  };
}
