import { useDebouncedCallback } from "@mantine/hooks";
import { useCallback, useEffect, useRef, useState } from "react";
import { session } from "../../../api/session";

const prefix = "messaging.draft.";

/** How long after the last change a draft is written down, in ms. */
const delay = 300;

const keyOf = (name: string) => `${prefix}${session()?.viewer.id}.${name}`;

/**
 * What somebody is about to write, kept in this browser until it is sent: through reloads, and when their session ends.
 * Each viewer has their own.
 * @param name Where it is written, such as a conversation's id.
 * @param empty What an empty one is; nothing is kept of it.
 */
export function useDraft<T extends object>(name: string, empty: T, isEmpty: (draft: T) => boolean) {
  // Whose it is was decided when the page was shown: it may be written down when they are signed out already.
  const [key] = useState(() => keyOf(name));
  const [draft, setDraft] = useState<T>(() => read(key, empty));
  const latest = useRef(draft);

  const write = useCallback(() => {
    try {
      if (isEmpty(latest.current)) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(latest.current));
    } catch {
      // The browser's storage is full or forbidden: the draft lives as long as the page.
    }
  }, [key, isEmpty]);
  const writeSoon = useDebouncedCallback(write, delay);

  useEffect(() => {
    addEventListener("pagehide", write);
    return () => {
      removeEventListener("pagehide", write);
      write();
    };
  }, [write]);

  const change = useCallback(
    (next: Partial<T> | ((before: T) => T)) => {
      latest.current = typeof next === "function" ? next(latest.current) : { ...latest.current, ...next };
      setDraft(latest.current);
      writeSoon();
    },
    [writeSoon],
  );
  return [draft, change] as const;
}

function read<T extends object>(key: string, empty: T): T {
  try {
    return { ...empty, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<T>) };
  } catch {
    return empty;
  }
}
