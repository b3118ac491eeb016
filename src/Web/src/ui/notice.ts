import type { Notice } from "./Notices";

/** Shows a notice at the edge of the page. What shows it is loaded with the first one. */
export async function notice(what: Notice) {
  const { show } = await import("./Notices");
  show(what);
}
