import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { exactTime, shortTime } from "./instants";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

// One clock for all times on the page, and none when there are none.
function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 30_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** An instant: how long ago it is, and exactly when on hover. */
export function Time({ at }: { at: string }) {
  const { t, i18n } = useTranslation();
  const current = useSyncExternalStore(subscribe, () => now);
  const time = Date.parse(at);
  const text = shortTime(
    time,
    Math.max(current, Date.now() - 30_000),
    i18n.language,
    t("common.relative.now"),
    t("common.relative.yesterday"),
  );
  return (
    <time dateTime={at} title={exactTime(time, i18n.language)}>
      {text}
    </time>
  );
}
