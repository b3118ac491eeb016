import type { AccessPartsFragment, AdministratorAccessInput, AuditorScopeInput } from "../../gql/pages/graphql";
import { firstDay, lastDay, startOfDay } from "../../ui/officeTime";

interface Named {
  id: string;
  name: string;
}

/** An access as the server has it. */
export type Access = AccessPartsFragment & { customers: readonly Named[] };

/** An access as a form has it: days in the office's time zone for instants, of which "" is none. */
export interface Chosen {
  all: boolean;
  customers: readonly Named[];
  tags: readonly string[];
  notes: boolean;
  from: string;
  to: string;
  until: string;
}

/** The access of whoever was given no limits. */
export const unlimited: Access = {
  all: true,
  customerIds: [],
  customers: [],
  tags: [],
  notes: true,
  from: null,
  to: null,
  until: null,
};

/** What a form begins with. */
export const chosenOf = ({ all, customers, tags, notes, from, to, until }: Access, zone: string): Chosen => ({
  all,
  customers,
  tags,
  notes,
  from: from ? firstDay(from, zone) : "",
  to: to ? lastDay(to, zone) : "",
  until: until ? lastDay(until, zone) : "",
});

/** The customers that were chosen, as the server is told. */
export const givenOf = ({ all, customers, tags }: Chosen): AdministratorAccessInput =>
  all ? { all } : { all, customerIds: customers.map(({ id }) => id), tags: [...tags] };

/** The scope that was chosen, as the server is told; what was not touched stays as exact as it was given. */
export function scopeOf(chosen: Chosen, before: Access, zone: string): AuditorScopeInput {
  const shown = chosenOf(before, zone);
  const at = (day: "until" | "from" | "to", after: number) =>
    chosen[day] === shown[day] ? before[day] : chosen[day] ? startOfDay(chosen[day], zone, after) : null;
  return { until: at("until", 1), from: at("from", 0), to: at("to", 1), notes: chosen.notes };
}

/** Whether a scope limits anything. */
export const limits = ({ until, from, to, notes }: AuditorScopeInput) =>
  notes === false || [until, from, to].some((instant) => typeof instant === "string");
