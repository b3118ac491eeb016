import type { Client, CombinedError } from "urql";
import { type SignedIn, signedOut } from "../../../api/session";
import { BeginPasskeySignInDocument, SignInWithPasskeyDocument } from "../../../gql/pages/graphql";
import { askPasskey, leavePasskeys } from "./passkeys";

/** What came of it; nothing where nobody took a passkey out. */
export interface PasskeySignIn {
  answer?: SignedIn;
  refusal?: CombinedError | "refused";
}

/** The interval in which passkeys are offered anew, in ms: the server's question is good for five minutes. */
const anew = 240_000;

/** Signs in with a passkey, without a password. */
export const signInWithPasskey = (client: Client): Promise<PasskeySignIn> => signIn(client);

/**
 * Offers passkeys with the addresses of the field for them, for as long as somebody is there.
 * @param signedIn Is called when one was chosen.
 * @returns Offers them no more.
 */
export function offerPasskeys(client: Client, signedIn: (result: PasskeySignIn) => void): () => void {
  let left = false;
  let offeredAt = 0;
  const offer = async () => {
    offeredAt = Date.now();
    const result = await signIn(client, true, () => !left);
    if (!left && (result.answer || result.refusal === "refused")) signedIn(result);
  };
  // Not while somebody is away, nor while they may be looking for their passkey.
  const offerAgain = () => {
    if (document.visibilityState === "visible" && Date.now() - offeredAt >= anew) void offer();
  };
  const timer = setInterval(offerAgain, anew / 4);
  document.addEventListener("visibilitychange", offerAgain);
  void offer();
  return () => {
    left = true;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", offerAgain);
    leavePasskeys();
  };
}

async function signIn(client: Client, inField = false, isWanted = () => true): Promise<PasskeySignIn> {
  const asked = await client.mutation(BeginPasskeySignInDocument, {}).toPromise();
  if (asked.error) return { refusal: asked.error };
  const options = asked.data?.beginPasskeySignIn.options;
  if (!options) return { refusal: "refused" };
  if (!isWanted()) return {};
  const response = await askPasskey(options, inField);
  if (!response) return {};
  // A sign-out that reaches the server after this sign-in would take its cookie away.
  await signedOut();
  const { data, error } = await client.mutation(SignInWithPasskeyDocument, { input: { response, cookie: true } }).toPromise();
  if (error) return { refusal: error };
  return data!.signInWithPasskey.accessToken ? { answer: data!.signInWithPasskey } : { refusal: "refused" };
}
