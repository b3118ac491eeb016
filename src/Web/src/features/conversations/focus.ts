let wanted: string | undefined;

/** A conversation was opened with a key: it takes the focus as soon as it is there. */
export const goThere = (conversationId: string) => {
  wanted = conversationId;
};

/** Whether the conversation is to take the focus; once. */
export function isAwaited(conversationId: string) {
  const is = wanted === conversationId;
  if (is) wanted = undefined;
  return is;
}
