import { getRouteApi } from "@tanstack/react-router";
import type { ListSearch } from "./search";

const route = getRouteApi("/shell/conversations");

/** Changes what the address says of the list. */
export function useChangeSearch() {
  const navigate = route.useNavigate();
  return (change: Partial<ListSearch>) =>
    void navigate({
      to: ".",
      search: (before) => Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value)),
      replace: true,
    });
}
