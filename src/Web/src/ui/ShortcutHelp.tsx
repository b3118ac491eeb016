import { lazy, Suspense } from "react";
import { useStore } from "../api/Store";
import { useKeys } from "./keys";
import { closeShortcuts, openShortcuts, shortcutsOpened } from "./shortcuts";

// Not needed for what is seen first.
const Sheet = lazy(() => import("./ShortcutSheet").then(({ ShortcutSheet }) => ({ default: ShortcutSheet })));

/** The help sheet of the keyboard, which "?" opens. */
export function ShortcutHelp() {
  const opened = useStore(shortcutsOpened);
  useKeys({ "?": openShortcuts });
  return (
    opened && (
      <Suspense>
        <Sheet close={closeShortcuts} />
      </Suspense>
    )
  );
}
