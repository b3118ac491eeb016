import { type RefObject, useEffect, useEffectEvent } from "react";
import { Setting, useStore } from "../api/Store";

/** Keys pressed alone, each with what it does. They are what a keyboard makes of it: "/" wherever that is. */
export type Keys = Readonly<Record<string, () => void>>;

const setting = new Setting("messaging.keys");

/** Whether keys pressed alone do anything; who speaks to their computer may turn them off (WCAG 2.1.4). */
const areOn = () => setting.get() !== "off";

/** Turns them on or off, in this browser. */
export const setKeys = (on: boolean) => setting.set(on ? null : "off");

/** The setting, as it changes here or in another tab. */
export const useKeysSetting = () => useStore({ subscribe: setting.subscribe, get: areOn });

/** Elements in which keys type or choose, and mean what they always mean. A form counts: after Escape its author is about to write. */
const writing =
  'form, input, textarea, select, [contenteditable=""], [contenteditable="true"], [role="menu"], [role="listbox"], [role="combobox"]';

/** Elements in front of the page: a dialog, a viewer of files, an open menu. */
const before = '[role="dialog"], [role="alertdialog"], [aria-modal="true"], [role="menu"]';

/** A box that is ticked is no field that one writes into, unless it is one of a form. */
const isWriting = (target: Element | null) => {
  const field = target?.closest(writing);
  const isBox = field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio") && !field.form;
  return !!field && !isBox;
};

/**
 * Does something when a key is pressed alone: never while one writes, never behind what is before the page, and not when the reader turned it off.
 * @param within Only when the focus is in there, and once however long the key is held: for what changes something, it has to be plain what is changed.
 */
export function useKeys(keys: Keys, within?: RefObject<HTMLElement | null>) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !areOn()) return;
    const run = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!run) return;
    const focused = document.activeElement;
    if (isWriting(focused) || document.querySelector(before)) return;
    if (within && (event.repeat || !(focused && within.current?.contains(focused)))) return;
    event.preventDefault();
    run();
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => press(event);
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}
