import { browserSupportsWebAuthn, startAuthentication, startRegistration } from "@simplewebauthn/browser";

/** Whether this browser has passkeys, on a page that may use them: by https, or of the same machine. */
export const hasPasskeys = () => browserSupportsWebAuthn() && window.isSecureContext;

/** Asks an authenticator for a new passkey. @returns Its answer as text; undefined when nobody gave one. */
export const makePasskey = (options: string) =>
  answered(() =>
    startRegistration({ optionsJSON: JSON.parse(options) as Parameters<typeof startRegistration>[0]["optionsJSON"] }),
  );

/** Asks a passkey. @returns Its answer as text; undefined when nobody gave one. */
export const askPasskey = (options: string) =>
  answered(() =>
    startAuthentication({ optionsJSON: JSON.parse(options) as Parameters<typeof startAuthentication>[0]["optionsJSON"] }),
  );

// Whoever closes the browser's window, or has no passkey of ours, is told by the page, not by an error.
async function answered(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return JSON.stringify(await ask());
  } catch {
    return undefined;
  }
}
