// What every client needs: where the product is, and a token.
export const url = process.env.MESSAGING_URL;
export const toyUrl = process.env.MESSAGING_TOY_URL;

/** The Authorization header of a demo account. */
export async function signIn(email) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: "mutation($email: String!) { signIn(input: { email: $email, password: \"messaging-demo\" }) { accessToken } }",
      variables: { email },
    }),
  });
  return { authorization: `Bearer ${(await response.json()).data.signIn.accessToken}` };
}

export const anna = await signIn("anna.sommer@kanzlei-sommer.example");

/** A fetch that notes what it sent. */
export function recordingFetch() {
  const sent = [];
  const record = async (target, options) => {
    sent.push({ url: String(target), method: options?.method ?? "GET", body: options?.body });
    return fetch(target, options);
  };
  return { sent, fetch: record };
}
