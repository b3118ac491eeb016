import { onSession, session } from "./session";

/** Saves bytes where the browser saves downloads. */
export function save(blob: Blob, name: string) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the blob over by then; nothing is left of it after signing out.
  const stop = onSession(() => !session() && release());
  const timer = setTimeout(() => release(), 60_000);
  function release() {
    clearTimeout(timer);
    stop();
    URL.revokeObjectURL(address);
  }
}
