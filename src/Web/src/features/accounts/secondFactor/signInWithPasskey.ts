import type { Client, CombinedError } from "urql";
import type { SignedIn } from "../../../api/session";
import { BeginPasskeySignInDocument, SignInWithPasskeyDocument } from "../../../gql/pages/graphql";
import { askPasskey } from "./passkeys";

/** Signs in with a passkey, without a password. @returns Nothing where nobody took one out. */
export async function signInWithPasskey(client: Client): Promise<{ answer?: SignedIn; refusal?: CombinedError | "refused" }> {
  const asked = await client.mutation(BeginPasskeySignInDocument, {}).toPromise();
  if (asked.error) return { refusal: asked.error };
  const options = asked.data?.beginPasskeySignIn.options;
  if (!options) return { refusal: "refused" };
  const response = await askPasskey(options);
  if (!response) return {};
  const { data, error } = await client.mutation(SignInWithPasskeyDocument, { input: { response, cookie: true } }).toPromise();
  if (error) return { refusal: error };
  return data!.signInWithPasskey.accessToken ? { answer: data!.signInWithPasskey } : { refusal: "refused" };
}
