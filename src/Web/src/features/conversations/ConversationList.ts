import type { Client, CombinedError, OperationResult } from "urql";
import { ordered } from "../../api/client";
import { onConnected } from "../../api/live";
import {
  type ConversationFilter,
  type ConversationOrder,
  type ConversationRowFragment,
  ConversationsDocument,
  type ConversationsQuery,
  ConversationsUpdatedDocument,
} from "../../gql/graphql";
import { inOrder } from "./order";

/** Conversations a page; each is one request. */
const pageSize = 50;

/** The most pages that are asked for again after the connection was away. */
const mostAgain = 10;

/** What a list shows. */
export interface ListState {
  rows: readonly ConversationRowFragment[];
  hasMore: boolean;
  /** Whether a page is on its way. */
  loading: boolean;
  error: CombinedError | undefined;
}

interface Page {
  after: string | undefined;
  nodes: readonly ConversationRowFragment[];
  endCursor: string | null;
  hasNext: boolean;
  ready: Promise<CombinedError | undefined>;
  stop: () => void;
}

/**
 * A list of conversations, page by page and live. Each page stays connected to the cache, so that whatever changes a conversation changes its
 * row; pages and live updates may come in any order.
 */
export class ConversationList {
  #state: ListState = { rows: [], hasMore: false, loading: true, error: undefined };
  #pages: Page[] = [];
  #listeners = new Set<() => void>();
  #stops: (() => void)[] = [];
  #due = false;
  #generation = 0;

  constructor(
    readonly client: Client,
    readonly filter: ConversationFilter,
    readonly orderBy: ConversationOrder,
  ) {}

  snapshot = () => this.#state;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /**
   * Listens for changes, then asks for the first page.
   * @param changed Is called when some conversation has changed, in this list or not.
   */
  start(changed: () => void) {
    const { unsubscribe } = this.client
      .subscription(ConversationsUpdatedDocument, { filter: this.filter })
      .subscribe(({ data }) => {
        if (data) changed();
      });
    this.#stops.push(
      unsubscribe,
      onConnected(() => {
        changed();
        void this.reload();
      }),
    );
    void this.#load(undefined);
  }

  stop() {
    this.#generation++;
    for (const stop of this.#stops) stop();
    for (const page of this.#pages) page.stop();
    this.#stops = [];
    this.#pages = [];
  }

  /** Asks for the next page, unless one is on its way or there is none. */
  more() {
    const last = this.#pages.at(-1);
    if (!this.#state.loading && last?.hasNext && last.endCursor) void this.#load(last.endCursor);
  }

  /** Asks again for what is shown, and shows it until the answers are there. */
  async reload() {
    const generation = ++this.#generation;
    const again: Page[] = [];
    const many = Math.min(Math.max(this.#pages.length, 1), mostAgain);
    this.#set({ loading: true, error: undefined });
    do {
      const page = this.#open(again.at(-1)?.endCursor ?? undefined, "network-only");
      again.push(page);
      const error = await page.ready;
      if (error || generation !== this.#generation) {
        for (const { stop } of again) stop();
        if (generation === this.#generation) this.#set({ loading: false, error });
        return;
      }
    } while (again.length < many && again.at(-1)?.hasNext);
    for (const page of this.#pages.slice(0, many)) page.stop();
    this.#pages = [...again, ...this.#pages.slice(many)];
    this.#set({ loading: false });
    this.#merge();
  }

  async #load(after: string | undefined) {
    const generation = this.#generation;
    this.#set({ loading: true, error: undefined });
    const page = this.#open(after, "cache-and-network");
    this.#pages.push(page);
    const error = await page.ready;
    if (generation !== this.#generation) return;
    if (error) {
      page.stop();
      this.#pages = this.#pages.filter((each) => each !== page);
    }
    this.#set({ loading: false, error });
    this.#merge();
  }

  #open(after: string | undefined, requestPolicy: "cache-and-network" | "network-only"): Page {
    const page: Page = { after, nodes: [], endCursor: null, hasNext: false, ready: Promise.resolve(undefined), stop: () => {} };
    page.ready = new Promise((ready) => {
      const source = this.client.query(
        ConversationsDocument,
        { filter: this.filter, orderBy: this.orderBy, first: pageSize, ...(after !== undefined && { after }) },
        { requestPolicy, ...ordered },
      );
      const { unsubscribe } = source.subscribe(({ data, error, stale }: OperationResult<ConversationsQuery>) => {
        if (data) {
          page.nodes = data.conversations.nodes;
          page.endCursor = data.conversations.pageInfo.endCursor;
          page.hasNext = data.conversations.pageInfo.hasNextPage;
          this.#mergeSoon();
        }
        if (error || !stale) ready(error);
      });
      page.stop = unsubscribe;
    });
    return page;
  }

  // Many pages may change at once.
  #mergeSoon() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#merge();
    });
  }

  #merge() {
    const rows = inOrder(
      this.#pages.flatMap(({ nodes }) => nodes),
      this.orderBy,
    );
    this.#set({ rows, hasMore: this.#pages.at(-1)?.hasNext ?? false });
  }

  #set(change: Partial<ListState>) {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
