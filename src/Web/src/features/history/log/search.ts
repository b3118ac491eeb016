import { type Kind, kinds } from "./kinds";

/** What the log shows, as its address has it; all that is given must hold. */
export interface LogSearch {
  kind?: Kind | undefined;
  customer?: string | undefined;
  /** Who did it. */
  actor?: string | undefined;
  /** What it happened to. */
  subject?: string | undefined;
  /** The request that it came with. */
  correlation?: string | undefined;
  /** Days, such as 2026-12-31, in the office's time zone; the last one is part of it. */
  from?: string | undefined;
  to?: string | undefined;
}

// The most characters of an id or a correlation, as the server has it.
const idMaximum = 100;
const correlationMaximum = 200;

const text = (value: unknown, maximum: number) =>
  typeof value === "string" && value !== "" ? value.slice(0, maximum) : undefined;

const day = (value: unknown) =>
  typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;

const isKind = (value: unknown): value is Kind => typeof value === "string" && Object.hasOwn(kinds, value);

/** Reads an address. What it cannot mean is undefined. */
export function readLogSearch({ kind, customer, actor, subject, correlation, from, to }: Record<string, unknown>): LogSearch {
  const [first, last] = [day(from), day(to)];
  return {
    kind: isKind(kind) ? kind : undefined,
    customer: text(customer, idMaximum),
    actor: text(actor, idMaximum),
    subject: text(subject, idMaximum),
    correlation: text(correlation, correlationMaximum),
    from: first,
    to: first && last && last < first ? undefined : last,
  };
}
