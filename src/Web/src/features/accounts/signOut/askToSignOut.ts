import { allKept } from "../../../api/kept";
import { Store } from "../../../api/Store";
import { signOut } from "../../../api/session";
import { unfinished } from "../../../api/unfinished";

/** Whether somebody who signs out is being asked about what has not arrived yet. */
export const asking = new Store(false);

/** Signs out; asks first when comments have not arrived yet. Drafts stay as they are: nobody else can read them. */
export function askToSignOut() {
  if (allKept("outbox").length > 0 || unfinished() > 0) asking.set(true);
  else void signOut();
}

/** Stays signed in. */
export const stay = () => asking.set(false);
