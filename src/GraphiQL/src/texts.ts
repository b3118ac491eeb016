/** Our additions to GraphiQL, in the reader's language. */
const german = {
  language: "de",
  bar: "Anmeldung und Beispiele",
  signIn: "Als Demo-Konto anmelden:",
  signedIn: (name: string) => `Angemeldet: ${name}`,
  signedOut: "Nicht angemeldet",
  signOut: "Abmelden",
  failed: "Die Anmeldung ist nicht gelungen.",
  examples: "Beispiel öffnen",
  choose: "Auswählen …",
  roles: { OWNER: "Leitung", ADMINISTRATOR: "Administration", AUDITOR: "Prüfung", CUSTOMER: "Kundenseite" },
};

const english: typeof german = {
  language: "en",
  bar: "Sign-in and examples",
  signIn: "Sign in as a demo account:",
  signedIn: (name) => `Signed in: ${name}`,
  signedOut: "Not signed in",
  signOut: "Sign out",
  failed: "Signing in failed.",
  examples: "Open an example",
  choose: "Choose …",
  roles: { OWNER: "owner", ADMINISTRATOR: "administrator", AUDITOR: "auditor", CUSTOMER: "customer" },
};

export const texts = navigator.language.startsWith("de") ? german : english;
