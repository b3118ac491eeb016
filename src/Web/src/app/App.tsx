import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
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
  const [api, setApi] = useState(() => ({ person, ...createApi(session, cache) }));

  // Another person gets another client, and nothing of what the one before has seen.
  if (api.person !== person) setApi({ person, ...createApi(session, cache) });
  useEffect(() => () => api.close(), [api]);

  // After a sign-out the router asks to sign in again and comes back to the same page; after a sign-in in another tab it goes on.
  const known = useRef(person);
  useEffect(() => {
    if (known.current !== person) void router.invalidate();
    known.current = person;
  }, [person]);

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
