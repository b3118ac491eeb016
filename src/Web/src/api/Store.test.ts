import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { Listeners, Setting, Store, useStore } from "./Store";

test("Everybody who listens is told, until they stop", () => {
  const told: string[] = [];
  const listeners = new Listeners<string>();
  const stop = listeners.subscribe((what) => told.push(`one ${what}`));
  listeners.subscribe((what) => told.push(`two ${what}`));
  listeners.tell("a");
  stop();
  stop();
  listeners.tell("b");
  expect(told).toEqual(["one a", "two a", "two b"]);
});

test("What costs something is there from the first listener to the last", () => {
  const happened: string[] = [];
  class Costly extends Store<number> {
    protected override begin() {
      happened.push("begin");
    }
    protected override end() {
      happened.push("end");
    }
  }
  const store = new Costly(1);
  const stops = [store.subscribe(() => {}), store.subscribe(() => {})];
  expect(happened).toEqual(["begin"]);
  for (const stop of [...stops, ...stops]) stop();
  expect(happened).toEqual(["begin", "end"]);
});

test("A component shows a store as it changes", () => {
  const store = new Store("before");
  const { result } = renderHook(() => useStore(store));
  expect(result.current).toBe("before");
  act(() => store.set("after"));
  expect(result.current).toBe("after");
});

test("A setting is kept in the browser, and follows other tabs", () => {
  const setting = new Setting("messaging.test");
  const { result } = renderHook(() => useStore(setting));
  act(() => setting.set("on"));
  expect([result.current, localStorage.getItem("messaging.test")]).toEqual(["on", "on"]);
  // Another tab: the browser has it already, and tells of it.
  act(() => {
    localStorage.removeItem("messaging.test");
    dispatchEvent(new StorageEvent("storage", { key: "messaging.test" }));
  });
  expect(result.current).toBeNull();
});
