import { idOfNow } from "../../api/ids";
import type { PastConversationFragment } from "../../gql/pages/graphql";

/** The changes that an event made: fields, and new comments. */
export interface Changes {
  status: boolean;
  awaiting: boolean;
  responsible: boolean;
  notifyAll: boolean;
  /** Their ids. */
  comments: ReadonlySet<string>;
}

/** Compares a conversation with itself one event before; before the first one there was nothing. */
export function changes(now: PastConversationFragment, before: PastConversationFragment | null): Changes {
  // Behind an @ is when it was like that: what is compared is which comment, or who, it is.
  const same = (id?: string) => id && idOfNow(id);
  const had = new Set(before?.comments.nodes.map(({ id }) => same(id)));
  return {
    status: before !== null && now.status !== before.status,
    awaiting: before !== null && now.awaiting !== before.awaiting,
    responsible: before !== null && same(now.responsibleAdministrator?.id) !== same(before.responsibleAdministrator?.id),
    notifyAll: before !== null && now.notifyAllAdministrators !== before.notifyAllAdministrators,
    comments: new Set(now.comments.nodes.map(({ id }) => id).filter((id) => !had.has(same(id)))),
  };
}
