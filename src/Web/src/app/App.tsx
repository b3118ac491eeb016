import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Provider } from "urql";
import { createApi } from "../api/client";
import { useSession } from "../api/session";
import { router } from "./router";
import { theme, variables } from "./theme";

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
      <Notifications position="bottom-right" autoClose={5000} zIndex={1000} />
    </MantineProvider>
  );
}
