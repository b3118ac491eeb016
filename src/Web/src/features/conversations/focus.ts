let wanted: string | undefined;

/** A conversation was opened with a key: it takes the focus as soon as it is there. */
export const focusOnOpen = (conversationId: string) => {
  wanted = conversationId;
};

/** Whether the conversation is to take the focus; once. */
export function takesFocus(conversationId: string) {
  const is = wanted === conversationId;
  if (is) wanted = undefined;
  return is;
}
