import { useEffect } from "react";

const count = /^\(\d+\) /;

/** A tab's title with how many notifications are unread in front; each page sets its own title without. */
export const withCount = (title: string, unread: number) => `${unread > 0 ? `(${unread}) ` : ""}${title.replace(count, "")}`;

/** Keeps the number in front of the tab's title, whatever page sets it. */
export function useTabCount(unread: number) {
  useEffect(() => {
    const set = () => {
      const title = withCount(document.title, unread);
      if (document.title !== title) document.title = title;
    };
    set();
    const observer = new MutationObserver(set);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      document.title = withCount(document.title, 0);
    };
  }, [unread]);
}
