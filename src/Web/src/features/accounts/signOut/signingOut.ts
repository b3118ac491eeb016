import { allKept } from "../../../api/kept";
import { signOut } from "../../../api/session";
import { unfinished } from "../../../api/unfinished";

let asking = false;
const listeners = new Set<() => void>();

function set(value: boolean) {
  asking = value;
  for (const listener of listeners) listener();
}

/** Signs out; asks first when comments have not arrived yet. Drafts stay as they are: nobody else can read them. */
export function askToSignOut() {
  if (allKept("outbox").length > 0 || unfinished() > 0) set(true);
  else void signOut();
}

/** Whether that is being asked. */
export const isAsking = () => asking;

/** Stays signed in. */
export const stay = () => set(false);

/** Tells when that changes. */
export function onAsking(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
