let opened = false;
const listeners = new Set<() => void>();

function set(value: boolean) {
  opened = value;
  for (const listener of listeners) listener();
}

/** Opens the help sheet of the keyboard. */
export const openShortcuts = () => set(true);

/** Closes it. */
export const closeShortcuts = () => set(false);

/** Whether it is open. */
export const shortcutsOpened = () => opened;

/** Tells when that changes. */
export function onShortcuts(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
