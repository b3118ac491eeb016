import { Setting, useStore } from "../../api/Store";

/** Whether this browser tells of notifications outside of its page. "unsupported": it cannot; "blocked": its settings forbid it. */
export type Desktop = "unsupported" | "blocked" | "off" | "on";

const setting = new Setting("messaging.desktop");

function current(): Desktop {
  if (!("Notification" in window)) return "unsupported";
  if (Notification.permission === "denied") return "blocked";
  return Notification.permission === "granted" && setting.get() === "on" ? "on" : "off";
}

/** Turns it on, for which the browser may ask; or off. Only ever by a click. */
export async function setDesktop(on: boolean) {
  if (on && (await Notification.requestPermission()) !== "granted") setting.tell();
  else setting.set(on ? "on" : null);
}

/** The state, as it changes here or in another tab. */
export const useDesktop = () => useStore({ subscribe: setting.subscribe, get: current });

/**
 * Tells of something, where that is on. Several tabs tell of the same once: its id is the tag.
 * @param path What is opened where the page itself may not tell.
 */
export function showDesktop(id: string, title: string, body: string, path: string, open: () => void) {
  if (current() !== "on") return;
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href;
  const options = { body, tag: id, icon, lang: document.documentElement.lang };
  try {
    const shown = new Notification(title, options);
    shown.onclick = () => {
      window.focus();
      shown.close();
      open();
    };
  } catch {
    // Browsers on phones have the class, and refuse to make one outside of a service worker.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, { ...options, data: path }));
  }
}
