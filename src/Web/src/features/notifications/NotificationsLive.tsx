import { VisuallyHidden } from "@mantine/core";
import { useDebouncedCallback, useDocumentVisibility } from "@mantine/hooks";
import { useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useQuery } from "urql";
import { ordered } from "../../api/client";
import { useReconnected } from "../../api/live";
import {
  type NotificationPartsFragment,
  NotificationReceivedDocument,
  UnreadNotificationCountDocument,
  UnreadNotificationsDocument,
} from "../../gql/pages/graphql";
import { useBehalf } from "../../session/accounts";
import { showDesktop, useDesktop } from "./desktop";
import { answerWorker, keepPush } from "./push";
import { sentence } from "./sentence";
import { useTabCount } from "./tabTitle";
import { useMarkRead } from "./useMarkRead";

/** The pause before counting again, in ms: an action on many conversations tells of each. */
const pause = 250;

/** The conversation that is in view. */
const viewed = (path: string) => /^\/conversations\/([0-9a-f-]{36})/.exec(path)?.[1];

/**
 * Keeps what the viewer is told up to date, once for the whole page: counts, says it to screen readers, in the tab's title and outside of the
 * page. What is about the conversation in view is read with it.
 */
export function NotificationsLive() {
  const { t } = useTranslation();
  const client = useClient();
  const router = useRouter();
  const { markRead } = useMarkRead();
  const behalf = useBehalf();
  const inView = useRouterState({ select: ({ location }) => viewed(location.pathname) });
  const visible = useDocumentVisibility() === "visible";
  const [announced, setAnnounced] = useState("");

  const [{ data }, recount] = useQuery({ query: UnreadNotificationCountDocument, requestPolicy: "cache-and-network" });
  const unread = data?.viewer.unreadNotificationCount ?? 0;
  const countSoon = useDebouncedCallback(() => recount({ requestPolicy: "network-only", ...ordered }), pause);
  useReconnected(countSoon);
  useTabCount(unread);

  const received = useEffectEvent((notification: NotificationPartsFragment) => {
    const { id, conversation, comment } = notification;
    if (conversation.id === inView && document.visibilityState === "visible" && document.hasFocus()) {
      markRead({ ids: [id] });
      return;
    }
    countSoon();
    const text = sentence(t, notification);
    setAnnounced(`${text}: ${conversation.subject}`);
    const body = [behalf, conversation.subject, comment?.excerpt].filter(Boolean).join("\n");
    showDesktop(id, text, body, `/conversations/${conversation.id}`, () => {
      markRead({ ids: [id] });
      void router.navigate({ to: "/conversations/$conversationId", params: { conversationId: conversation.id } });
    });
  });
  useEffect(() => {
    const { unsubscribe } = client
      .subscription(NotificationReceivedDocument, {})
      .subscribe(({ data: told }) => told && received(told.notificationReceived));
    return () => {
      unsubscribe();
      // What was said to one viewer, or with the rights of before, is not for the next.
      setAnnounced("");
    };
  }, [client]);

  const desktop = useDesktop();
  useEffect(() => void keepPush(client, desktop === "on"), [client, desktop]);
  useEffect(answerWorker, []);

  // Another tab, or another device, may have read some meanwhile.
  const wasVisible = useRef(visible);
  useEffect(() => {
    if (visible && !wasVisible.current) countSoon();
    wasVisible.current = visible;
  }, [visible, countSoon]);

  // Opening a conversation marks its notifications as read.
  const anyUnread = unread > 0;
  useEffect(() => {
    if (!inView || !visible || !anyUnread) return;
    let left = false;
    void client.query(UnreadNotificationsDocument, {}, { requestPolicy: "network-only", ...ordered }).then(({ data: found }) => {
      const ids = found?.viewer.notifications.nodes.filter(({ conversation }) => conversation.id === inView).map(({ id }) => id);
      if (!left && ids?.length) markRead({ ids });
    });
    return () => {
      left = true;
    };
  }, [client, inView, visible, anyUnread, markRead]);

  return (
    <VisuallyHidden role="status" aria-label={t("notifications.live")}>
      {announced}
    </VisuallyHidden>
  );
}
