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
}

export async function serverSettings(): Promise<Settings> {
  const nothing = { version: "", password: "", accounts: [] };
  try {
    const response = await fetch("/settings.json");
    return { ...nothing, ...((await response.json()) as Partial<Settings>) };
  } catch {
    return nothing;
  }
}
