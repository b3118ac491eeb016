import { Store } from "../api/Store";

/** Whether the help sheet of the keyboard is open. */
export const shortcutsOpened = new Store(false);

/** Opens it. */
export const openShortcuts = () => shortcutsOpened.set(true);

/** Closes it. */
export const closeShortcuts = () => shortcutsOpened.set(false);
