import { lazy, Suspense, useSyncExternalStore } from "react";
import { useKeys } from "./keys";
import { closeShortcuts, onShortcuts, openShortcuts, shortcutsOpened } from "./shortcuts";

// Not needed for what is seen first.
const Sheet = lazy(() => import("./ShortcutSheet").then(({ ShortcutSheet }) => ({ default: ShortcutSheet })));

/** The help sheet of the keyboard, which "?" opens. */
export function ShortcutHelp() {
  const opened = useSyncExternalStore(onShortcuts, shortcutsOpened);
  useKeys({ "?": openShortcuts });
  return (
    opened && (
      <Suspense>
        <Sheet close={closeShortcuts} />
      </Suspense>
    )
  );
}
