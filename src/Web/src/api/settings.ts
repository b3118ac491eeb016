/** An account to try the product with. */
export interface DemoAccount {
  email: string;
  office: string;
  role: "OWNER" | "ADMINISTRATOR" | "AUDITOR" | "CUSTOMER";
}

/** The settings that the server tells the client outside of GraphQL. */
export interface Settings {
  /** Of the product, for people; empty when the server does not tell. */
  version: string;
  /** The demo accounts: none, unless the server runs in Development. */
  accounts: DemoAccount[];
  /** Of all of them. */
  password: string;
  /** Whether passkeys can be used: the server is reached by a name. */
  passkeys: boolean;
  /** Another issuer of identities that one may sign in by; none unless the server has one. */
  issuer: Issuer | null;
}

/** Where one signs in by an issuer (OpenID Connect Core 1.0, 3.1.2.1). */
export interface Issuer {
  /** Its page. */
  authorizationEndpoint: string;
  /** As what the product is known there. */
  clientId: string;
  /** What it is asked for, separated by spaces. */
  scope: string;
  /** How people have to sign in there; empty where that is its matter. */
  acrValues: string;
}

export const nothingToldYet: Settings = { version: "", password: "", accounts: [], passkeys: false, issuer: null };

export async function serverSettings(): Promise<Settings> {
  try {
    const response = await fetch("/settings.json");
    return { ...nothingToldYet, ...((await response.json()) as Partial<Settings>) };
  } catch {
    return nothingToldYet;
  }
}
