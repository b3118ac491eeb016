import { VisuallyHidden } from "@mantine/core";
import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useViewer } from "../../../api/session";
import { useAdministrators } from "../useAdministrators";
import classes from "./Mentions.module.css";
import { type Colleague, matching, type Typed, typedAt } from "./mentions";

interface Options {
  /** True where somebody can be mentioned: in notes. */
  enabled: boolean;
  body: string;
  field: RefObject<HTMLTextAreaElement | null>;
  /** Puts a name in. */
  choose: (colleague: Colleague, body: string) => void;
}

/** Offers colleagues while a name is typed after an @: what the field, its keys and the list need. */
export function useMentions({ enabled, body, field, choose }: Options) {
  const viewer = useViewer();
  const administrators = useAdministrators();
  const id = useId();
  const [typed, setTyped] = useState<Typed>();
  const [active, setActive] = useState(0);
  const caret = useRef<number>(undefined);

  const found =
    enabled && typed
      ? matching(
          administrators.filter((each) => each.id !== viewer.id),
          typed.search,
        )
      : [];
  const open = found.length > 0;
  const current = Math.min(active, found.length - 1);

  // The caret goes behind the name that was put in.
  useEffect(() => {
    if (caret.current === undefined || !body) return;
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = undefined;
  }, [body, field]);

  const take = (colleague: Colleague) => {
    if (!typed) return;
    const name = `@${colleague.displayName} `;
    const rest = body.slice(typed.at + 1 + typed.search.length);
    caret.current = typed.at + name.length;
    setTyped(undefined);
    field.current?.focus();
    choose(colleague, `${body.slice(0, typed.at)}${name}${rest.startsWith(" ") ? rest.slice(1) : rest}`);
  };

  return {
    found,
    open,
    current,
    listId: `${id}-list`,
    optionId: (index: number) => `${id}-${index}`,
    take,
    point: setActive,
    close: () => setTyped(undefined),
    /** Looks at what is typed, after each change. */
    look: (text: string, at: number) => {
      setTyped(enabled ? typedAt(text, at) : undefined);
      setActive(0);
    },
    /** @returns Whether the key was one of the list's. */
    press: (key: string) => {
      const chosen = found[current];
      if (!open || !chosen) return false;
      if (key === "ArrowDown") setActive((current + 1) % found.length);
      else if (key === "ArrowUp") setActive((current + found.length - 1) % found.length);
      else if (key === "Enter" || key === "Tab") take(chosen);
      else if (key === "Escape") setTyped(undefined);
      else return false;
      return true;
    },
  };
}

/** The colleagues who are offered, above the field. The field keeps the focus, and says who is chosen by Enter. */
export function MentionList({ found, open, current, listId, optionId, take, point }: ReturnType<typeof useMentions>) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) list.current?.children[current]?.scrollIntoView({ block: "nearest" });
  }, [open, current]);
  return (
    <>
      <VisuallyHidden role="status">{open && t("conversations.mentions.found", { count: found.length })}</VisuallyHidden>
      {open && (
        <div ref={list} role="listbox" id={listId} aria-label={t("conversations.mentions.label")} className={classes.list}>
          {found.map((colleague, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and the keys.
            <div
              key={colleague.id}
              id={optionId(index)}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              className={classes.option}
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => point(index)}
              onClick={() => take(colleague)}
            >
              {colleague.displayName}
            </div>
          ))}
        </div>
      )}
    </>
  );
}
