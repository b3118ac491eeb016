import type { Client, CombinedError, OperationResult, RequestPolicy } from "urql";
import { ordered } from "../../../api/client";
import { isConnected, onConnected } from "../../../api/live";
import { Store } from "../../../api/Store";
import {
  type ConversationFilter,
  type ConversationOrder,
  type ConversationRowFragment,
  ConversationsDocument,
  type ConversationsQuery,
  ConversationsUpdatedDocument,
} from "../../../gql/graphql";
import { inOrder } from "./order";

/** Conversations a page; each is one request. */
const pageSize = 50;

/**
 * Pages around those in sight that stay connected to the cache. Each answer has the cache read all connected pages again, since nearly all of
 * them name the same people; with hundreds of pages that would be felt.
 */
const around = 2;

/** The most pages that are asked for again after the connection was away. */
const mostAgain = 10;

/** The state of a list. */
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
  /** Whether what changes in the cache changes it. */
  connected: boolean;
  stop: () => void;
}

/**
 * A list of conversations, page by page and live. Pages near what is in sight are connected to the cache, so that whatever changes a conversation
 * changes its row; of the others only live updates change rows. Pages and live updates may come in any order.
 */
export class ConversationList extends Store<ListState> {
  #pages: Page[] = [];
  #stops: (() => void)[] = [];
  #due = false;
  #generation = 0;

  constructor(
    readonly client: Client,
    readonly filter: ConversationFilter,
    readonly orderBy: ConversationOrder,
  ) {
    super({ rows: [], hasMore: false, loading: true, error: undefined });
  }

  /**
   * Listens for changes, then asks for the first page.
   * @param changed Is called when some conversation has changed, in this list or not, or may have.
   */
  start(changed: () => void) {
    const { unsubscribe } = this.client
      .subscription(ConversationsUpdatedDocument, { filter: this.filter })
      .subscribe(({ data }) => {
        if (!data) return;
        const { conversation, removedId } = data.conversationsUpdated;
        if (conversation) this.#changeRows((node) => (node.id === conversation.id ? conversation : node));
        else if (removedId) this.#changeRows((node) => (node.id === removedId ? undefined : node));
        changed();
      });
    this.#stops.push(
      unsubscribe,
      onConnected(() => {
        changed();
        void this.reload();
      }),
    );
    // No subscription told of what happened between the list before and this one.
    if (isConnected()) changed();
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
    if (!this.get().loading && last?.hasNext && last.endCursor) void this.#load(last.endCursor);
  }

  /** Says which rows are in sight: the pages that they are on, and some around them, are connected to the cache. */
  show(first: number, last: number) {
    const from = Math.floor(first / pageSize) - around;
    const to = Math.floor(last / pageSize) + around;
    this.#pages.forEach((page, index) => {
      // New conversations come onto the first page.
      const near = index === 0 || (index >= from && index <= to);
      if (near && !page.connected) this.#connect(page, "cache-first");
      else if (!near && page.connected) page.stop();
    });
  }

  /** Asks again for what is shown, and shows it until the answers are there. */
  async reload() {
    const generation = ++this.#generation;
    const again: Page[] = [];
    const many = Math.min(Math.max(this.#pages.length, 1), mostAgain);
    this.#change({ loading: true, error: undefined });
    do {
      const page = this.#open(again.at(-1)?.endCursor ?? undefined, "network-only");
      again.push(page);
      const error = await page.ready;
      if (error || generation !== this.#generation) {
        for (const { stop } of again) stop();
        if (generation === this.#generation) this.#change({ loading: false, error });
        return;
      }
    } while (again.length < many && again.at(-1)?.hasNext);
    for (const page of this.#pages.slice(0, many)) page.stop();
    this.#pages = [...again, ...this.#pages.slice(many)];
    this.#change({ loading: false });
    this.#merge();
  }

  async #load(after: string | undefined) {
    const generation = this.#generation;
    this.#change({ loading: true, error: undefined });
    const page = this.#open(after, "cache-and-network");
    this.#pages.push(page);
    const error = await page.ready;
    if (generation !== this.#generation) return;
    if (error) {
      page.stop();
      this.#pages = this.#pages.filter((each) => each !== page);
    }
    this.#change({ loading: false, error });
    this.#merge();
  }

  #open(after: string | undefined, requestPolicy: RequestPolicy): Page {
    const page: Page = {
      after,
      nodes: [],
      endCursor: null,
      hasNext: false,
      ready: Promise.resolve(undefined),
      connected: false,
      stop: () => {},
    };
    page.ready = this.#connect(page, requestPolicy);
    return page;
  }

  /** @returns When it is answered: why it failed; undefined when it did not. */
  #connect(page: Page, requestPolicy: RequestPolicy) {
    page.connected = true;
    return new Promise<CombinedError | undefined>((ready) => {
      const { filter, orderBy } = this;
      const source = this.client.query(
        ConversationsDocument,
        { filter, orderBy, first: pageSize, ...(page.after !== undefined && { after: page.after }) },
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
      page.stop = () => {
        page.connected = false;
        unsubscribe();
      };
    });
  }

  /** Changes rows, or takes them out. */
  #changeRows(change: (node: ConversationRowFragment) => ConversationRowFragment | undefined) {
    for (const page of this.#pages) if (!page.connected) page.nodes = page.nodes.flatMap((node) => change(node) ?? []);
    this.#mergeSoon();
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
    this.#change({ rows, hasMore: this.#pages.at(-1)?.hasNext ?? false });
  }

  #change(change: Partial<ListState>) {
    this.set({ ...this.get(), ...change });
  }
}
