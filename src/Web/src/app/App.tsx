import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useReducer, useRef, useState } from "react";
import { Provider } from "urql";
import { createApi } from "../api/client";
import { useSession } from "../api/session";
import { cache } from "./cache";
import { router } from "./router";
import { theme, variables } from "./theme";

// Not needed for what is seen first.
const Notices = lazy(() => import("../ui/Notices").then(({ Notices }) => ({ default: Notices })));

/** Everything, with what it stands on. */
export function App() {
  const session = useSession();
  const person = session?.viewer.id;
  // Who has been given other rights, or had some taken, is as another person: nothing of what was seen before is left.
  const [rights, changeRights] = useReducer((times: number) => times + 1, 0);
  const newApi = () => ({ person, rights, ...createApi(session, cache, changeRights) });
  const [api, setApi] = useState(newApi);

  // Another person gets another client, and nothing of what the one before has seen.
  if (api.person !== person || api.rights !== rights) setApi(newApi());
  useEffect(() => () => api.close(), [api]);

  // After a sign-out the router asks to sign in again and comes back to the same page; after a sign-in in another tab it goes on. In
  // another role, or as an owner no longer, somebody may be where they no longer belong.
  const who = session && `${person} ${session.viewer.role} ${session.viewer.isOwner}`;
  const known = useRef(who);
  useEffect(() => {
    if (known.current !== who) void router.invalidate();
    known.current = who;
  }, [who]);

  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Provider value={api.client}>
        <RouterProvider router={router} />
      </Provider>
      <Suspense>
        <Notices />
      </Suspense>
    </MantineProvider>
  );
}
