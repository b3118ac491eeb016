/** What the page of deliveries shows, as its address has it. */
export interface DeliveriesSearch {
  /** Only what was not delivered, or the answers that became no comment. */
  state?: "failed" | "inbound" | undefined;
  /** Only those about this conversation. */
  conversation?: string | undefined;
}

export const readDeliveriesSearch = ({ state, conversation }: Record<string, unknown>): DeliveriesSearch => ({
  state: state === "failed" || state === "inbound" ? state : undefined,
  conversation: typeof conversation === "string" ? conversation.slice(0, 100) : undefined,
});
