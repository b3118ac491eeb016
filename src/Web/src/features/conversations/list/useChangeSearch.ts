import { useNavigate } from "@tanstack/react-router";
import type { ListSearch } from "./search";

/** Changes what the address says of the list; what is shown beside it stays. */
export function useChangeSearch() {
  const navigate = useNavigate();
  return (change: Partial<ListSearch>) =>
    void navigate({
      to: ".",
      search: ((before: ListSearch) =>
        Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value))) as never,
      replace: true,
    });
}
