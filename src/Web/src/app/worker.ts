import { router } from "./router";

/** Starts what keeps the page for when there is no connection, and makes it one that a phone installs. Needs https, or this machine. */
export function installWorker() {
  const workers = navigator.serviceWorker;
  if (!workers || !import.meta.env.PROD) return;
  workers.addEventListener("message", ({ data }) => data.open && void router.navigate({ href: data.open }));

  // Without it everything works but that.
  void workers.register("/service-worker.js").catch(() => {});
}
