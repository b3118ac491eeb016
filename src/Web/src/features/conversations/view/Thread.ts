import type { Client, CombinedError } from "urql";
import { ordered } from "../../../api/client";
import { onConnected } from "../../../api/live";
import {
  type CommentPartsFragment,
  ConversationDocument,
  type ConversationHeadFragment,
  ConversationUpdatedDocument,
  LaterCommentsDocument,
  OlderCommentsDocument,
} from "../../../gql/pages/graphql";
import { sortable } from "../order";

/** Comments that are asked for at first: more than a screen shows. */
const newest = 30;

/** Comments a page, when somebody scrolls up, and when the connection was away. */
const pageSize = 50;

/** What a conversation shows. */
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
 * by their ids.
 */
export class Thread {
  #state: ThreadState = {
    head: undefined,
    comments: [],
    hasOlder: false,
    loadingOlder: false,
    loading: true,
    gone: false,
    error: undefined,
  };
  #listeners = new Set<() => void>();
  #stops: (() => void)[] = [];
  #start: string | null = null;
  #end: string | null = null;
  #catching = false;

  constructor(
    readonly client: Client,
    readonly id: string,
  ) {}

  snapshot = () => this.#state;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Listens for changes, then asks for it. */
  start() {
    const live = this.client.subscription(ConversationUpdatedDocument, { id: this.id }).subscribe(({ data }) => {
      const update = data?.conversationUpdated;
      if (update?.removedId === this.id) this.#set({ gone: true });
      if (!update?.conversation || this.#state.loading) return;
      const { comments, ...head } = update.conversation;
      // Between what is shown and these there may be more: after many at once.
      const joins =
        this.#state.comments.length === 0 || comments.nodes.length === 0 || comments.nodes.some(({ id }) => this.#has(id));
      this.#set({ head });
      if (!joins) return void this.catchUp();
      this.add(comments.nodes);
      this.#end = comments.pageInfo.endCursor ?? this.#end;
    });
    this.#stops.push(
      live.unsubscribe,
      onConnected(() => void this.catchUp()),
    );
    this.load();
  }

  stop() {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Asks for the conversation and its newest comments; also again, when that failed. */
  load() {
    this.#set({ loading: this.#state.head === undefined, error: undefined });
    const { unsubscribe } = this.client
      .query(ConversationDocument, { id: this.id, last: newest }, { requestPolicy: "cache-and-network", ...ordered })
      .subscribe(({ data, error, stale }) => {
        if (error) return this.#set({ error, loading: false });
        if (!data) return;
        if (!data.conversation) return this.#set({ gone: !stale, loading: stale });
        const { comments, ...head } = data.conversation;
        // What was kept from an earlier visit may end long before these begin.
        if (!comments.nodes.some(({ id }) => this.#has(id))) this.#set({ comments: [] });
        if (this.#state.comments.length === 0) {
          this.#start = comments.pageInfo.startCursor;
          this.#set({ hasOlder: comments.pageInfo.hasPreviousPage });
        }
        this.#end ??= comments.pageInfo.endCursor;
        if (!stale) this.#end = comments.pageInfo.endCursor ?? this.#end;
        this.#set({ head, loading: false, gone: false });
        this.add(comments.nodes);
      });
    this.#stops.push(unsubscribe);
  }

  /** Asks for the comments before those that are shown. */
  async older() {
    if (!this.#state.hasOlder || this.#state.loadingOlder || !this.#start) return;
    this.#set({ loadingOlder: true });
    const { data } = await this.client
      .query(OlderCommentsDocument, { id: this.id, before: this.#start, last: pageSize }, { requestPolicy: "network-only" })
      .toPromise();
    const page = data?.conversation?.comments;
    if (page) {
      this.#start = page.pageInfo.startCursor ?? this.#start;
      this.add(page.nodes);
    }
    this.#set({ loadingOlder: false, ...(page && { hasOlder: page.pageInfo.hasPreviousPage }) });
  }

  /** Asks for what has come after what is shown. */
  async catchUp() {
    if (this.#catching || this.#state.loading) return;
    this.#catching = true;
    let more = true;
    while (more) {
      const { data, error } = await this.client
        .query(
          LaterCommentsDocument,
          { id: this.id, after: this.#end, first: pageSize },
          { requestPolicy: "network-only", ...ordered },
        )
        .toPromise();
      if (error || !data) break;
      if (!data.conversation) {
        this.#set({ gone: true });
        break;
      }
      const { comments, ...head } = data.conversation;
      this.#set({ head });
      this.add(comments.nodes);
      this.#end = comments.pageInfo.endCursor ?? this.#end;
      more = comments.pageInfo.hasNextPage;
    }
    this.#catching = false;
  }

  /** Adds comments that are not there yet, where they belong. */
  add(comments: readonly CommentPartsFragment[]) {
    const added = comments.filter(({ id }) => !this.#has(id));
    if (added.length === 0) return;
    this.#set({ comments: inTime([...this.#state.comments, ...added]) });
  }

  #has(id: string) {
    return this.#state.comments.some((comment) => comment.id === id);
  }

  #set(change: Partial<ThreadState>) {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** Comments, the oldest first. Those of one instant stay as they came. */
export function inTime(comments: readonly CommentPartsFragment[]) {
  return comments
    .map((comment) => ({ comment, key: sortable(comment.createdAt) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ comment }) => comment);
}
