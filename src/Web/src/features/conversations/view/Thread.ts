import type { Client, CombinedError } from "urql";
import { ordered } from "../../../api/client";
import { onConnected } from "../../../api/live";
import { Store } from "../../../api/Store";
import {
  type CommentPartsFragment,
  ConversationDocument,
  type ConversationHeadFragment,
  type ConversationQuery,
  ConversationUpdatedDocument,
  LaterCommentsDocument,
  OlderCommentsDocument,
} from "../../../gql/pages/graphql";
import { sortable } from "../list/order";

/** Comments that are asked for at first: more than a screen shows. */
const newest = 30;

/** Comments a page, when somebody scrolls up, and when the connection was away. */
const pageSize = 50;

/** The pause, in ms, before a failed catch-up is tried again. */
const pause = 5_000;

/** The state of a conversation. */
export interface ThreadState {
  head: ConversationHeadFragment | undefined;
  /** Oldest first. */
  comments: readonly CommentPartsFragment[];
  hasOlder: boolean;
  loadingOlder: boolean;
  /** Whether nothing is known yet. */
  loading: boolean;
  /** It does not exist, or no longer for the viewer. */
  gone: boolean;
  error: CombinedError | undefined;
}

/**
 * A conversation and its comments: the newest first, older ones page by page, new ones live. Comments never change, so that it is enough to add them
 * by their ids. Up to a place (`#end`) nothing is missing; what comes while something is being asked may leave a gap before it, so that it is asked again
 * from there.
 */
export class Thread extends Store<ThreadState> {
  #stops: (() => void)[] = [];
  #start: string | null = null;
  #end: string | null = null;
  #endId: string | undefined;
  #asking = false;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly client: Client,
    readonly id: string,
  ) {
    super({
      head: undefined,
      comments: [],
      hasOlder: false,
      loadingOlder: false,
      loading: true,
      gone: false,
      error: undefined,
    });
  }

  /** Listens for changes, then asks for it. */
  start() {
    const live = this.client.subscription(ConversationUpdatedDocument, { id: this.id }).subscribe(({ data }) => {
      const update = data?.conversationUpdated;
      if (update?.removedId === this.id) this.#change({ gone: true });
      if (!update?.conversation) return;
      const { comments, ...head } = update.conversation;
      // Between what is shown and these there may be more: after many at once.
      const joins = comments.nodes.length === 0 || comments.nodes.some(({ id }) => id === this.#endId);
      if (this.get().head) {
        this.#change({ head, gone: false });
        this.add(comments.nodes);
      }
      if (this.#asking || !joins) void this.catchUp();
      else this.#reach(comments);
    });
    this.#stops.push(
      live.unsubscribe,
      onConnected(() => void this.catchUp()),
    );
    this.load();
  }

  stop() {
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Asks for the conversation and its newest comments; also again, when that failed. */
  load() {
    let answered = false;
    this.#asking = true;
    this.#change({ loading: this.get().head === undefined, error: undefined });
    const { unsubscribe } = this.client
      .query(ConversationDocument, { id: this.id, last: newest }, { requestPolicy: "cache-and-network", ...ordered })
      .subscribe(({ data, error, stale }) => {
        if (error) this.#change({ error, loading: false });
        // Once it is known to be gone, it stays so while it is asked for again.
        if (data && !data.conversation) {
          const gone = !stale || this.get().gone;
          this.#change({ gone, loading: !gone });
        }
        if (data?.conversation) {
          const { comments, ...head } = data.conversation;
          this.#change({ head, loading: false, gone: false });
          // Afterwards it is what the cache says of the same comments.
          if (!answered) this.#begin(comments);
        }
        if (stale || answered) return;
        answered = true;
        this.#asking = false;
        if (this.#again) void this.catchUp();
      });
    this.#stops.push(unsubscribe);
  }

  /** The newest comments are here. What was kept from an earlier visit may end long before them; what has arrived meanwhile comes after them, and stays. */
  #begin(comments: NonNullable<ConversationQuery["conversation"]>["comments"]) {
    const { nodes, pageInfo } = comments;
    const first = nodes[0];
    const isGap = this.#endId !== undefined && !nodes.some(({ id }) => id === this.#endId);
    const before = this.get().comments;
    if (isGap) this.#change({ comments: first ? before.filter((each) => !isOlder(each, first)) : [] });
    if (this.#start === null || this.get().comments.length < before.length) {
      this.#start = pageInfo.startCursor;
      this.#change({ hasOlder: pageInfo.hasPreviousPage });
    }
    this.#reach(comments);
  }

  /** Asks for the comments before those that are shown. */
  async older() {
    if (!this.get().hasOlder || this.get().loadingOlder || !this.#start) return;
    this.#change({ loadingOlder: true });
    const { data } = await this.client
      .query(OlderCommentsDocument, { id: this.id, before: this.#start, last: pageSize }, { requestPolicy: "network-only" })
      .toPromise();
    const page = data?.conversation?.comments;
    if (page) {
      this.#start = page.pageInfo.startCursor ?? this.#start;
      this.add(page.nodes);
    }
    this.#change({ loadingOlder: false, ...(page && { hasOlder: page.pageInfo.hasPreviousPage }) });
  }

  /** Asks for what has come after what is shown; once more afterwards, when it is being asked already: the answer may be older. */
  async catchUp() {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    if (!this.get().head) return this.load();
    this.#asking = true;
    let more = true;
    clearTimeout(this.#timer);
    while (more) {
      this.#again = false;
      const { data, error } = await this.client
        .query(
          LaterCommentsDocument,
          { id: this.id, after: this.#end, first: pageSize },
          { requestPolicy: "network-only", ...ordered },
        )
        .toPromise();
      if (error || !data) {
        if (this.#stops.length > 0) this.#timer = setTimeout(() => void this.catchUp(), pause);
        break;
      }
      if (data.conversation) {
        const { comments, ...head } = data.conversation;
        this.#change({ head, gone: false });
        this.#reach(comments);
        more = comments.pageInfo.hasNextPage || this.#again;
      } else {
        this.#change({ gone: true });
        more = this.#again;
      }
    }
    this.#asking = false;
  }

  /** Comments that join those up to where nothing is missing. */
  #reach({ nodes, pageInfo }: { nodes: readonly CommentPartsFragment[]; pageInfo: { endCursor: string | null } }) {
    this.add(nodes);
    this.#end = pageInfo.endCursor ?? this.#end;
    this.#endId = nodes.at(-1)?.id ?? this.#endId;
  }

  /** Adds comments that are not there yet, where they belong. */
  add(comments: readonly CommentPartsFragment[]) {
    const added = comments.filter(({ id }) => !this.#has(id));
    if (added.length === 0) return;
    this.#change({ comments: inTime([...this.get().comments, ...added]) });
  }

  #has(id: string) {
    return this.get().comments.some((comment) => comment.id === id);
  }

  #change(change: Partial<ThreadState>) {
    this.set({ ...this.get(), ...change });
  }
}

const isOlder = (comment: CommentPartsFragment, than: CommentPartsFragment) =>
  sortable(comment.createdAt) < sortable(than.createdAt);

/** Comments, the oldest first. Those of one instant stay as they came. */
export function inTime(comments: readonly CommentPartsFragment[]) {
  return comments
    .map((comment) => ({ comment, key: sortable(comment.createdAt) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ comment }) => comment);
}
