/** Something to tell whoever works here, in passing. */
export interface Notice {
  message: string;
  /** What it is: done, refused in part, or failed. */
  kind: "done" | "warning" | "failure";
  /** Takes it back, while the notice is there. */
  undo?: () => void;
}

/** Shows a notice at the edge of the page. What shows it is loaded with the first one. */
export async function notice({ message, kind, undo }: Notice) {
  const { show } = await import("./Notices");
  show(message, kind, undo);
}
