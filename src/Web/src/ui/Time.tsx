import { useTranslation } from "react-i18next";
import { Store, useStore } from "../api/Store";
import { exactTime, shortTime } from "./instants";

/** The interval in which times are brought up to date, in ms. */
const tick = 30_000;

/** One clock for all times on the page, and none when there are none. In ms since 1970. */
class Clock extends Store<number> {
  #timer: ReturnType<typeof setInterval> | undefined;

  protected override begin() {
    this.#timer = setInterval(() => this.set(Date.now()), tick);
  }

  protected override end() {
    clearInterval(this.#timer);
  }
}

const clock = new Clock(Date.now());

/** An instant: how long ago it is, and exactly when on hover. */
export function Time({ at }: { at: string }) {
  const { t, i18n } = useTranslation();
  const current = useStore(clock);
  const time = Date.parse(at);
  const text = shortTime(
    time,
    Math.max(current, Date.now() - tick),
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
