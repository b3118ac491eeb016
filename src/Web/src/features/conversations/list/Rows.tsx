import { Center, Loader, VisuallyHidden } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationRowFragment } from "../../../gql/graphql";
import { useKeys } from "../../../ui/keys";
import classes from "./ConversationsPage.module.css";
import { Row } from "./Row";

/** The height of a row, in px; all have the same, so that none needs to be measured. */
const rowHeight = 84;

/** The distance from the end, in rows, at which the next page is asked for. */
const ahead = 20;

interface Props {
  rows: readonly ConversationRowFragment[];
  hasMore: boolean;
  /** Whether these are about to be replaced. */
  waiting: boolean;
  more: () => void;
  /** Is told which rows are in sight. */
  show: (first: number, last: number) => void;
  activeId: string | undefined;
  viewerId: string;
  withCustomer: boolean;
  /** The selected ids; undefined where nothing can be selected. */
  selection: ReadonlySet<string> | undefined;
  select: (id: string, selected: boolean, range: boolean) => void;
}

/** The rows of the list: only those in sight are in the page. j and k move through them, x selects. */
export function Rows({ rows, hasMore, waiting, more, show, activeId, viewerId, withCustomer, selection, select }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length + (hasMore ? 1 : 0),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.id ?? "more",
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (hasMore && last >= rows.length - ahead) more();
  }, [hasMore, last, rows.length, more]);

  const top = items[0]?.index ?? 0;
  useEffect(() => show(top, last), [show, top, last]);

  // Another list begins at its beginning.
  const before = useRef(waiting);
  useEffect(() => {
    if (before.current && !waiting) virtualizer.scrollToOffset(0);
    before.current = waiting;
  }, [waiting, virtualizer]);

  const focused = () => {
    const id = document.activeElement?.getAttribute("data-conversation") ?? activeId;
    return rows.findIndex((row) => row.id === id);
  };
  const move = (by: number) => {
    const to = Math.min(Math.max(focused() + by, 0), rows.length - 1);
    const row = rows[to];
    if (!row) return;
    virtualizer.scrollToIndex(to);
    // The row may come into the page by that scrolling only.
    const focus = (tries: number) => {
      const link = scroller.current?.querySelector<HTMLElement>(`[data-conversation="${row.id}"]`);
      if (link) link.focus({ preventScroll: true });
      else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
    };
    focus(10);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    u: () => void navigate({ to: "/conversations", search: true }),
  });
  // x selects the row that has the focus.
  useKeys(
    {
      x: () => {
        const row = rows[focused()];
        if (row && selection) select(row.id, !selection.has(row.id), false);
      },
    },
    scroller,
  );

  // One row is in the order of Tab, so that the conversation beside the list is the next stop; the arrows go through the rows.
  const [lastFocused, setLastFocused] = useState<string>();
  const there = (id: string | undefined) => id !== undefined && items.some(({ index }) => rows[index]?.id === id);
  const stop = there(lastFocused) ? lastFocused : there(activeId) ? activeId : rows[items[0]?.index ?? 0]?.id;
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: 8,
    PageUp: -8,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links in it.
    <div
      ref={scroller}
      className={classes.scroller}
      aria-busy={waiting}
      onFocus={({ target }) => {
        const id = target.getAttribute("data-conversation");
        if (id) setLastFocused(id);
      }}
      onKeyDown={(event) => {
        const by = steps[event.key];
        if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
        if (!(event.target as Element).hasAttribute("data-conversation")) return;
        event.preventDefault();
        move(by);
      }}
    >
      <ul
        className={classes.rows}
        style={{ height: virtualizer.getTotalSize() }}
        data-selecting={(selection?.size ?? 0) > 0 || undefined}
      >
        {items.map(({ key, index, start }) => {
          const row = rows[index];
          return (
            <li
              key={key}
              aria-posinset={index + 1}
              aria-setsize={hasMore ? -1 : rows.length}
              className={classes.item}
              style={{ height: rowHeight, transform: `translateY(${start}px)` }}
            >
              {row ? (
                <Row
                  row={row}
                  viewerId={viewerId}
                  active={row.id === activeId}
                  isStop={row.id === stop}
                  selected={selection?.has(row.id)}
                  withCustomer={withCustomer}
                  select={select}
                />
              ) : (
                <Center h="100%">
                  <Loader size="sm" aria-hidden />
                  <VisuallyHidden>{t("common.loading")}</VisuallyHidden>
                </Center>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
