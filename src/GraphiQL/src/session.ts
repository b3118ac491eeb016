import type { texts } from "./texts";

/** The demo accounts that the server offers in Development; elsewhere there are none. */
export interface DemoSignIns {
  password: string;
  accounts: DemoAccount[];
}

export interface DemoAccount {
  email: string;
  office: string;
  role: keyof typeof texts.roles;
}

let token: string | undefined;

/** The token that goes with every request, in memory only. */
export const setToken = (value: string | undefined) => {
  token = value;
};

export const authorization = (): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : {});

/** Signs in as any client does; no token when refused. */
export async function signIn(email: string, password: string): Promise<string | undefined> {
  const query = "mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken } }";
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables: { input: { email, password } } }),
  });
  const answer = (await response.json()) as { data?: { signIn: { accessToken?: string } } };
  return answer.data?.signIn.accessToken ?? undefined;
}
