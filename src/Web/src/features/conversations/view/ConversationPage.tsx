import { Button, Center, EmptyState, Skeleton, Stack, Text, Title, VisuallyHidden } from "@mantine/core";
import { useDocumentTitle, useDocumentVisibility } from "@mantine/hooks";
import { IconMessageOff } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { useViewer } from "../../../api/session";
import { isViewer } from "../../../conversation/author";
import { type CommentPartsFragment, MarkConversationReadDocument } from "../../../gql/pages/graphql";
import { Failed } from "../../../ui/Failed";
import { Composer, type ComposerHandle } from "../compose/Composer";
import { discard, onArrived, send, sendAgain, useOutbox } from "../compose/outbox";
import { mayWrite } from "../may";
import { Comments } from "./Comments";
import classes from "./ConversationPage.module.css";
import { Elsewhere } from "./Elsewhere";
import { Header } from "./Header";
import { useThread } from "./useThread";
import { Writers } from "./Writers";

const route = getRouteApi("/shell/conversations/$conversationId");

/** A conversation: Anzeigen. */
export function ConversationPage() {
  const { conversationId } = route.useParams();
  return <Conversation key={conversationId} id={conversationId} />;
}

function Conversation({ id }: { id: string }) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const { thread, head, comments, hasOlder, gone, error } = useThread(id);
  const composer = useRef<ComposerHandle>(null);
  const reading = useRef<HTMLDivElement>(null);
  const older = useCallback(() => void thread.older(), [thread]);
  useDocumentTitle(`${head?.subject ?? t("conversations.conversation")} · ${t("common.product")}`);

  const firstNewId = useFirstNew(comments, head?.unreadCommentCount, viewer.id);
  useMarkRead(id, head?.unreadCommentCount ?? 0);

  const all = useOutbox();
  const arrived = new Set(comments.map((comment) => comment.id));
  const pending = all.filter((each) => each.conversationId === id && !arrived.has(each.id)).sort((a, b) => a.at - b.at);
  useEffect(
    () =>
      onArrived(({ conversationId, comment }) => {
        if (conversationId === id) thread.add([comment]);
      }),
    [id, thread],
  );

  if (gone)
    return (
      <Center h="100%" p="xl" role="alert">
        <EmptyState
          icon={<IconMessageOff stroke={1.4} />}
          title={<Title order={2}>{t("conversations.gone.title")}</Title>}
          description={t("conversations.gone.text")}
        >
          <EmptyState.Actions>
            <Button variant="default" renderRoot={(props) => <Link to="/conversations" search={true} {...props} />}>
              {t("conversations.back")}
            </Button>
            <Elsewhere conversationId={id} />
          </EmptyState.Actions>
        </EmptyState>
      </Center>
    );
  if (!head)
    return error ? (
      <Failed error={error} retry={() => thread.load()} />
    ) : (
      <Stack p="md" role="status" aria-busy aria-label={t("common.loading")}>
        <Skeleton h={22} w="60%" />
        <Skeleton h={14} w="35%" />
        <Skeleton h={90} mt="lg" />
        <Skeleton h={90} />
      </Stack>
    );
  return (
    <div className={classes.page}>
      <div ref={reading} className={classes.reading}>
        <Header conversation={head} keysWithin={reading} />
        <VisuallyHidden component="h2">{t("conversations.comments.title")}</VisuallyHidden>
        <Comments
          comments={comments}
          pending={pending}
          viewer={viewer}
          firstNewId={firstNewId}
          hasOlder={hasOlder}
          older={older}
          retry={sendAgain}
          edit={(comment) => {
            // In this order both are written down at once: after a crash it is in one place, or in the other.
            composer.current?.edit(comment);
            discard(comment.id);
          }}
          discard={(comment) => discard(comment.id)}
        />
      </div>
      <div className={classes.foot}>
        <Writers conversationId={id} />
        {mayWrite(viewer) && !head.customer.hasEnded ? (
          <Composer
            ref={composer}
            conversationId={id}
            status={head.status}
            version={head.version}
            customer={head.customer}
            send={send}
            leave={() => reading.current?.querySelector("section")?.focus()}
          />
        ) : (
          <Text size="sm" c="dimmed" ta="center" p="sm">
            {t(head.customer.hasEnded ? "conversations.comments.ended" : "conversations.comments.readOnly")}
          </Text>
        )}
      </div>
    </div>
  );
}

/** The first of the comments that the viewer had not read when they came here: those are the last ones that others wrote. */
function useFirstNew(comments: readonly CommentPartsFragment[], unread: number | undefined, viewerId: string) {
  const [first, setFirst] = useState<string | null>();
  if (first === undefined && unread !== undefined && comments.length > 0) {
    const others = comments.filter(({ author }) => !isViewer(author, viewerId));
    const at = unread > 0 && unread < others.length ? others.at(-unread)?.id : undefined;
    setFirst(at ?? null);
  }
  return first ?? undefined;
}

/** Marks a conversation as read while its page is visible. */
function useMarkRead(conversationId: string, unread: number) {
  const [, mark] = useMutation(MarkConversationReadDocument);
  const visible = useDocumentVisibility() === "visible";
  useEffect(() => {
    if (visible && unread > 0) void mark({ input: { conversationId } });
  }, [visible, unread, conversationId, mark]);
}
