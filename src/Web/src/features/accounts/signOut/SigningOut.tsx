import { lazy, Suspense } from "react";
import { useStore } from "../../../api/Store";
import { asking } from "./askToSignOut";

const SignOutDialog = lazy(() => import("./SignOutDialog").then(({ SignOutDialog: Dialog }) => ({ default: Dialog })));

/** The question whether to sign out all the same, while it is asked. */
export function SigningOut() {
  return (
    useStore(asking) && (
      <Suspense>
        <SignOutDialog />
      </Suspense>
    )
  );
}
