/** The versions that are missing before an event of a list, which begins with the first one; undefined when none is. */
export function gapBefore(events: readonly { version: number }[], index: number) {
  const from = (events[index - 1]?.version ?? 0) + 1;
  const to = (events[index]?.version ?? from) - 1;
  return to < from ? undefined : { from, to, count: to - from + 1 };
}
