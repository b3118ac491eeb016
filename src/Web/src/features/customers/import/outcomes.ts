import type { ImportOutcome } from "../../../gql/pages/graphql";

/** The effect of a line. */
export type Outcome = ImportOutcome;

/** In the order in which they are offered. */
export const outcomes: readonly Outcome[] = ["CREATED", "CHANGED", "UNCHANGED", "REFUSED"];
