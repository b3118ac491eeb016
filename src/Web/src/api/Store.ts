import { useSyncExternalStore } from "react";

/** Those who want to be told of something. */
export class Listeners<Told = void> {
  #listeners = new Set<(told: Told) => void>();

  /** Tells a listener from now on. @returns Ends it. */
  subscribe = (listener: (told: Told) => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.begin();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.end();
    };
  };

  /** Tells all of them. */
  tell(told: Told) {
    for (const listener of this.#listeners) listener(told);
  }

  /** Is called when there is a first listener; what costs something begins here. */
  protected begin() {}

  /** Is called when there is none any more. */
  protected end() {}
}

/** A value, and those who are told when it changes: the one base of whatever is kept outside of React. */
export class Store<Value> extends Listeners {
  #value: Value;

  constructor(value: Value) {
    super();
    this.#value = value;
  }

  /** The value now. */
  get = () => this.#value;

  /** Changes it. */
  set(value: Value) {
    this.#value = value;
    this.tell();
  }
}

/** A word that this browser keeps under a name, the same in each of its tabs; null when there is none. */
export class Setting extends Listeners {
  constructor(readonly name: string) {
    super();
  }

  get = () => localStorage.getItem(this.name);

  /** Changes it; null takes it away. */
  set(word: string | null) {
    if (word === null) localStorage.removeItem(this.name);
    else localStorage.setItem(this.name, word);
    this.tell();
  }

  #elsewhere = () => this.tell();

  protected override begin() {
    addEventListener("storage", this.#elsewhere);
  }

  protected override end() {
    removeEventListener("storage", this.#elsewhere);
  }
}

/** The value of a store, as it changes. */
export const useStore = <Value>({ subscribe, get }: Pick<Store<Value>, "subscribe" | "get">): Value =>
  useSyncExternalStore(subscribe, get);
