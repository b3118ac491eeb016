import { browserSupportsWebAuthn, startAuthentication, startRegistration, WebAuthnAbortService } from "@simplewebauthn/browser";

/** Whether this browser has passkeys, on a page that may use them: by https, or of the same machine. */
export const hasPasskeys = () => browserSupportsWebAuthn() && window.isSecureContext;

/** Asks an authenticator for a new passkey. @returns Its answer as text; undefined when nobody gave one. */
export const makePasskey = (options: string) =>
  answered(() =>
    startRegistration({ optionsJSON: JSON.parse(options) as Parameters<typeof startRegistration>[0]["optionsJSON"] }),
  );

/**
 * Asks a passkey. Whatever was being asked before is not any more.
 * @param useBrowserAutofill Whether passkeys are offered with the addresses of the field for them, instead of in a window.
 * @returns Its answer as text; undefined when nobody gave one.
 */
export const askPasskey = (options: string, useBrowserAutofill = false) =>
  answered(() =>
    startAuthentication({
      optionsJSON: JSON.parse(options) as Parameters<typeof startAuthentication>[0]["optionsJSON"],
      useBrowserAutofill,
    }),
  );

/** Asks no more. */
export const leavePasskeys = () => WebAuthnAbortService.cancelCeremony();

// Whoever closes the browser's window, or has no passkey of ours, is told by the page, not by an error.
async function answered(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return JSON.stringify(await ask());
  } catch {
    return undefined;
  }
}
