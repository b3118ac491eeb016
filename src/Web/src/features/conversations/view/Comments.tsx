import { ActionIcon, Loader, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { authorName, isViewer } from "../../../conversation/author";
import type { CommentPartsFragment } from "../../../gql/pages/graphql";
import type { Pending } from "../compose/outbox";
import { CommentItem, PendingItem } from "./CommentItem";
import classes from "./ConversationPage.module.css";

/** The distance from the end, in px, within which a reader stays at the end when comments arrive. */
const nearEnd = 120;

interface Props {
  comments: readonly CommentPartsFragment[];
  pending: readonly Pending[];
  viewer: { id: string; displayName: string };
  /** The first comment that the viewer had not read when they came. */
  firstNewId: string | undefined;
  hasOlder: boolean;
  older: () => void;
  retry: (comment: Pending) => void;
  edit: (comment: Pending) => void;
  discard: (comment: Pending) => void;
}

const dayOf = (comment: CommentPartsFragment | undefined) => comment && new Date(comment.createdAt).toDateString();

/** The full history of what was written: opened at its newest, only what is in sight is in the page, older ones come as one scrolls up. */
export function Comments({ comments, pending, viewer, firstNewId, hasOlder, older, retry, edit, discard }: Props) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLElement>(null);
  // The first item is what is above the comments: the beginning, or that older ones are on their way.
  const count = 1 + comments.length + pending.length;
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (index === 0 ? 44 : 110),
    getItemKey: (index) => (index === 0 ? "top" : (comments[index - 1]?.id ?? pending[index - 1 - comments.length]?.id ?? index)),
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: nearEnd,
    overscan: 6,
    paddingEnd: 8,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const atEnd = virtualizer.getDistanceFromEnd() < nearEnd;

  const [started, setStarted] = useState(false);
  useLayoutEffect(() => {
    if (started || comments.length === 0) return;
    virtualizer.scrollToEnd();
    // The items at the end are known a frame later. Before that the beginning seems to be in sight, and older comments would be asked for.
    const frame = requestAnimationFrame(() => setStarted(true));
    return () => cancelAnimationFrame(frame);
  }, [started, comments.length, virtualizer]);

  useEffect(() => {
    if (started && hasOlder && first <= 3) older();
  }, [started, hasOlder, first, older]);

  // Screen readers are told of comments that others write meanwhile.
  const newest = comments.at(-1);
  const [said, setSaid] = useState("");
  const before = useRef(newest?.id);
  useEffect(() => {
    if (before.current && newest && newest.id !== before.current && !isViewer(newest.author, viewer.id))
      setSaid(t("conversations.comments.arrived", { name: authorName(t, newest.author) }));
    before.current = newest?.id;
  }, [newest, viewer.id, t]);

  return (
    <div className={classes.history}>
      <VisuallyHidden aria-live="polite" role="log">
        {said}
      </VisuallyHidden>
      <section
        ref={scroller}
        className={classes.scroller}
        aria-label={t("conversations.comments.title")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keys.
        tabIndex={0}
      >
        <div className={classes.items} style={{ height: virtualizer.getTotalSize() }}>
          {items.map(({ key, index, start }) => {
            const comment = comments[index - 1];
            const waiting = pending[index - 1 - comments.length];
            return (
              <div
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                className={classes.item}
                style={{ transform: `translateY(${start}px)` }}
              >
                {index === 0 ? (
                  <Text size="xs" c="dimmed" ta="center" py="sm">
                    {hasOlder ? (
                      <>
                        <Loader size={12} me={6} aria-hidden />
                        {t("conversations.comments.older")}
                      </>
                    ) : (
                      t("conversations.comments.start")
                    )}
                  </Text>
                ) : comment ? (
                  <CommentItem
                    comment={comment}
                    viewerId={viewer.id}
                    newDay={dayOf(comment) !== dayOf(comments[index - 2])}
                    firstNew={comment.id === firstNewId}
                  />
                ) : (
                  waiting && (
                    <PendingItem
                      comment={waiting}
                      name={viewer.displayName}
                      retry={() => retry(waiting)}
                      edit={() => edit(waiting)}
                      discard={() => discard(waiting)}
                    />
                  )
                )}
              </div>
            );
          })}
        </div>
      </section>
      {!atEnd && (
        <Tooltip label={t("conversations.comments.newest")}>
          <ActionIcon
            className={classes.down}
            variant="default"
            radius="xl"
            size="lg"
            aria-label={t("conversations.comments.newest")}
            onClick={() => virtualizer.scrollToEnd({ behavior: "auto" })}
          >
            <IconArrowDown size={18} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}
