import { MantineProvider } from "@mantine/core";
import { isRedirect, RouterContextProvider } from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import type { ComponentType } from "react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { begin } from "../api/session";
import type { ViewerPartsFragment } from "../gql/graphql";
import { startTexts } from "../i18n";
import { router } from "./router";

// Of a page it is only looked at whether it is shown.
vi.mock("@tanstack/react-router", async (load) => ({
  ...(await load<typeof import("@tanstack/react-router")>()),
  lazyRouteComponent: () => () => null,
}));

const viewers = {
  owner: { role: "ADMINISTRATOR", isOwner: true, isLimited: false, isNarrow: false },
  administrator: { role: "ADMINISTRATOR", isOwner: false, isLimited: false, isNarrow: false },
  administratorOfSome: { role: "ADMINISTRATOR", isOwner: false, isLimited: true, isNarrow: false },
  auditor: { role: "AUDITOR", isOwner: false, isLimited: false, isNarrow: false },
  auditorOfSome: { role: "AUDITOR", isOwner: false, isLimited: true, isNarrow: false },
  auditorOfAPart: { role: "AUDITOR", isOwner: false, isLimited: false, isNarrow: true },
  auditorOfAPartOfSome: { role: "AUDITOR", isOwner: false, isLimited: true, isNarrow: true },
  contact: { role: "CUSTOMER", isOwner: false, isLimited: false, isNarrow: false },
  contactOfTopics: { role: "CUSTOMER", isOwner: false, isLimited: true, isNarrow: false },
} as const;
type Kind = keyof typeof viewers;

const administrators: readonly Kind[] = ["owner", "administrator", "administratorOfSome"];
const narrow: readonly Kind[] = ["auditorOfAPart", "auditorOfAPartOfSome"];
const wide: readonly Kind[] = [...administrators, "auditor", "auditorOfSome"];
const office: readonly Kind[] = [...wide, ...narrow];
const everybody = Object.keys(viewers) as Kind[];

/** Who gets to an address behind signing in, and who is told that it is not within their access; all others are led home. */
const addresses: Record<string, { opens: readonly Kind[]; tells?: readonly Kind[] }> = {
  "/": { opens: [] },
  "/conversations": { opens: everybody },
  "/conversations/": { opens: everybody },
  "/conversations/new": { opens: everybody },
  "/conversations/$conversationId": { opens: everybody },
  "/conversations/$conversationId/history": { opens: office },
  "/overview": { opens: wide, tells: narrow },
  "/overview/weekly": { opens: wide, tells: narrow },
  "/overview/work": { opens: wide, tells: narrow },
  "/overview/undelivered": { opens: wide, tells: narrow },
  "/day": { opens: administrators },
  "/customers": { opens: office },
  "/customers/import": { opens: ["owner", "administrator"], tells: ["administratorOfSome"] },
  "/customers/$customerId": { opens: office },
  "/administrators": { opens: office },
  "/settings": { opens: office },
  "/profile": { opens: everybody },
  "/notifications": { opens: everybody },
  "/deliveries": { opens: wide, tells: narrow },
  "/log": { opens: ["owner", "auditor", "auditorOfSome"], tells: narrow },
};

const routes = Object.values(router.routesById).filter(({ id }) => id.startsWith("/shell/"));

beforeAll(() => startTexts("de"));
afterEach(cleanup);

async function signInAs(kind: Kind) {
  const times = btoa(JSON.stringify({ nbf: Date.now() / 1000, exp: Date.now() / 1000 + 900 }));
  await begin({
    accessToken: `a.${times}.c`,
    sessionId: kind,
    sessionExpiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    storageKey: btoa("0".repeat(32)),
    viewer: { id: kind, ...viewers[kind] } as unknown as ViewerPartsFragment,
  });
}

/** What becomes of somebody at an address: where it leads them, or whether its page is theirs. */
function outcome({ options }: (typeof routes)[number]): string {
  const { beforeLoad, component } = options as { beforeLoad?: (of: object) => void; component: ComponentType };
  // A page without anything before it is for everybody.
  if (!beforeLoad) return "opens";
  try {
    beforeLoad({});
  } catch (thrown) {
    if (isRedirect(thrown)) return `leads to ${thrown.options.to}`;
    throw thrown;
  }
  const Page = component;
  render(
    <MantineProvider>
      <RouterContextProvider router={router}>
        <Page />
      </RouterContextProvider>
    </MantineProvider>,
  );
  const isTold = screen.queryByRole("heading", { name: "Diese Seite gehört nicht zu Ihrem Zugriff" });
  cleanup();
  return isTold ? "tells" : "opens";
}

test("every address behind signing in is looked at", () => {
  expect(routes.map(({ fullPath }) => fullPath).toSorted()).toEqual(Object.keys(addresses).toSorted());
});

test.each(everybody)("an address opens for those it is for, says so or leads home: %s", async (kind) => {
  await signInAs(kind);
  const found = Object.fromEntries(routes.map((route) => [route.fullPath, outcome(route)]));
  const expected = Object.entries(addresses).map(([path, { opens, tells = [] }]) => [
    path,
    opens.includes(kind) ? "opens" : tells.includes(kind) ? "tells" : "leads to /conversations",
  ]);
  expect(found).toEqual(Object.fromEntries(expected));
});
