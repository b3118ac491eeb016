import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { Provider } from "urql";
import { createApi } from "../api/client";
import { useSession } from "../api/session";
import { router } from "./router";
import { theme, variables } from "./theme";

// Not needed for what is seen first.
const Notices = lazy(() => import("../ui/Notices").then(({ Notices }) => ({ default: Notices })));

/** Everything, with what it stands on. */
export function App() {
  const session = useSession();
  const token = session?.token;
  const [api, setApi] = useState(() => ({ token, ...createApi(session) }));

  // Another session gets another client, and nothing of what the one before has seen.
  if (api.token !== token) setApi({ token, ...createApi(session) });
  useEffect(() => () => api.close(), [api]);

  // Whoever is no longer signed in is asked to sign in again, and comes back to where they were.
  useEffect(() => {
    if (token === undefined) void router.invalidate();
  }, [token]);

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
