let count = 0;

/** The number of files that are not on the server yet: they are lost with the page. */
export const unfinished = () => count;

/** Says how many. Whoever leaves the page meanwhile is asked by the browser. */
export function setUnfinished(next: number) {
  if (next > 0 && count === 0) addEventListener("beforeunload", ask);
  else if (next === 0) removeEventListener("beforeunload", ask);
  count = next;
}

const ask = (event: BeforeUnloadEvent) => event.preventDefault();
