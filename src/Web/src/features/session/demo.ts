/** Somebody to try the product as. */
export interface DemoAccount {
  email: string;
  office: string;
  role: "OWNER" | "ADMINISTRATOR" | "AUDITOR" | "CUSTOMER";
}

/** Whom the server offers to sign in as: nobody, unless it runs in Development. */
export async function demoSignIns(): Promise<{ password: string; accounts: DemoAccount[] }> {
  try {
    const response = await fetch("/settings.json");
    return (await response.json()) as { password: string; accounts: DemoAccount[] };
  } catch {
    return { password: "", accounts: [] };
  }
}
