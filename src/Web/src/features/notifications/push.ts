import type { Client } from "urql";
import { base64Url } from "../../api/base64Url";
import { isConnected } from "../../api/live";
import { PushKeyDocument, SubscribeToPushDocument, UnsubscribeFromPushDocument } from "../../gql/pages/graphql";

/**
 * Has this browser told while no page is open, or told no more. Where that fails, or is not offered, pages that are open tell as ever: so
 * nobody is asked or told of it here.
 */
export async function keepPush(client: Client, on: boolean) {
  try {
    const push = (await navigator.serviceWorker?.getRegistration())?.pushManager;
    if (!push) return;
    const before = await push.getSubscription();
    if (on) await subscribe(client, push, before);
    else if (before) await unsubscribe(client, before);
  } catch {
    // Its service does not answer, or it forbids it.
  }
}

async function subscribe(client: Client, push: PushManager, before: PushSubscription | null) {
  const { data } = await client.query(PushKeyDocument, {}, { requestPolicy: "network-only" });
  const key = data?.viewer.pushKey;
  if (!key) return;
  const known = before?.options.applicationServerKey;
  const isOfThisServer = !!known && base64Url(new Uint8Array(known)) === key;
  if (before && !isOfThisServer) await before.unsubscribe();
  const { endpoint } =
    before && isOfThisServer ? before : await push.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await client.mutation(SubscribeToPushDocument, { input: { endpoint } });
}

async function unsubscribe(client: Client, subscription: PushSubscription) {
  await subscription.unsubscribe();
  await client.mutation(UnsubscribeFromPushDocument, { input: { endpoint: subscription.endpoint } });
}

/** Says to the service worker, which was told that there is something, that this page tells of it itself. @returns Ends it. */
export function answerWorker() {
  const answer = ({ data, ports }: MessageEvent) => data?.isTold && isConnected() && ports[0]?.postMessage(true);
  navigator.serviceWorker?.addEventListener("message", answer);
  return () => navigator.serviceWorker?.removeEventListener("message", answer);
}
