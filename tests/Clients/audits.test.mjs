// The audits of GraphQL over HTTP by graphql-http.
import { serverAudits } from "graphql-http";
import { test } from "node:test";
import { url } from "./api.mjs";

for (const audit of serverAudits({ url })) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    if (result.status !== "ok") throw new Error(`${result.status}: ${result.reason}`);
  });
}
