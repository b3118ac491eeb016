import { useCallback, useMemo, useRef, useState } from "react";
import { keep, kept, useKept } from "../../../api/kept";

/**
 * A draft, kept in this browser until it is sent: through reloads and ended sessions, the same in every tab.
 * @param name Where it is written, such as a conversation's id.
 * @param empty What an empty one is; nothing is kept of it.
 */
export function useDraft<T extends object>(name: string, empty: T, isEmpty: (draft: T) => boolean) {
  const [value] = useKept<Partial<T>>("draft", name);
  // Choices made before anything is written are of this page alone.
  const [chosen, setChosen] = useState<T>(empty);
  const latestChosen = useRef(chosen);
  const draft = useMemo<T>(() => ({ ...(value ? empty : chosen), ...value }), [empty, value, chosen]);

  const change = useCallback(
    (next: Partial<T> | ((before: T) => T)) => {
      const written = kept<Partial<T>>("draft", name);
      const before: T = written ? { ...empty, ...written } : latestChosen.current;
      const after = typeof next === "function" ? next(before) : { ...before, ...next };
      latestChosen.current = isEmpty(after) ? after : empty;
      setChosen(latestChosen.current);
      keep("draft", name, isEmpty(after) ? undefined : after);
    },
    [name, empty, isEmpty],
  );
  return [draft, change] as const;
}
