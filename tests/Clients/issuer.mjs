// An OpenID Connect provider on loopback (oidc-provider, certified by the OpenID Foundation): whoever gives an address at
// its page is vouched for by it. Says its address on the first line of its output.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { CLIENT_ID, REDIRECT_URI, PORT } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT_ID,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: [REDIRECT_URI],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified") }),
  }),
});

createServer(provider.callback()).listen(Number(PORT), "127.0.0.1", () => console.log(issuer));
