/** What the page of deliveries shows, as its address has it. */
export interface DeliveriesSearch {
  /** Only what was not delivered, or the answers that became no comment. */
  state?: "failed" | "inbound" | undefined;
  /** Only those about this conversation. */
  conversation?: string | undefined;
  /** Only those planned at this instant or later. */
  from?: string | undefined;
}

const instant = (value: unknown) => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
};

export const readDeliveriesSearch = ({ state, conversation, from }: Record<string, unknown>): DeliveriesSearch => ({
  state: state === "failed" || state === "inbound" ? state : undefined,
  conversation: typeof conversation === "string" ? conversation.slice(0, 100) : undefined,
  from: instant(from),
});
