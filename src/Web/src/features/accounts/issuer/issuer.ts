import { base64Url } from "../../../api/base64Url";
import type { Issuer } from "../../../api/settings";

/** What the page has to know again when the issuer has sent its visitor back. */
export interface Asked {
  state: string;
  nonce: string;
  verifier: string;
  /** The page to go to. */
  to?: string | undefined;
}

const key = "messaging.issuer";

/** The address that the issuer sends people back to: it has to know it. */
export const redirectUri = () => `${location.origin}/sign-in/issuer`;

const random = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

/** Goes to the issuer's page: with a code to come back (OpenID Connect Core 1.0, 3.1), which is of use to this page only (PKCE, RFC 7636). */
export async function goToIssuer(issuer: Issuer, to: string | undefined) {
  const asked: Asked = { state: random(), nonce: random(), verifier: random(), to };
  sessionStorage.setItem(key, JSON.stringify(asked));
  const challenge = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier)));
  const address = new URL(issuer.authorizationEndpoint);
  const parameters = {
    response_type: "code",
    client_id: issuer.clientId,
    redirect_uri: redirectUri(),
    scope: issuer.scope,
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: base64Url(challenge),
    code_challenge_method: "S256",
    ...(issuer.acrValues && { acr_values: issuer.acrValues }),
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  location.assign(address);
}

/** What was asked, once: an answer that nobody here asked for is none. */
export function takeAsked(state: string | null): Asked | undefined {
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  try {
    const asked = JSON.parse(kept ?? "null") as Asked | null;
    return asked && state === asked.state ? asked : undefined;
  } catch {
    return undefined;
  }
}
