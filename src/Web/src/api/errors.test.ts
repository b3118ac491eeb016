import type { TFunction } from "i18next";
import { CombinedError } from "urql";
import { expect, test } from "vitest";
import { attemptText, byField } from "./errors";

const t = ((key: string) => key) as unknown as TFunction;

test("a refusal is at the field that it names, also when it names a part of it", () => {
  const refusals = [
    { code: "NOT_FOUND", message: "", path: ["customerId"], reason: null },
    { code: "CONFLICT", message: "", path: ["fileIds", "3"], reason: null },
  ] as const;
  expect(
    byField(
      t,
      refusals.map((each) => ({ ...each, path: [...each.path] })),
      ["customerId", "fileIds"],
    ),
  ).toEqual({
    customerId: "common.refusal.NOT_FOUND",
    fileIds: "common.refusal.CONFLICT",
  });
});

test("a name that is not possible is told what a name may be", () => {
  expect(byField(t, [{ code: "INVALID", message: "", path: ["input", "displayName"], reason: null }], ["displayName"])).toEqual({
    displayName: "common.refusal.name",
  });
});

test("a password that is guessed first is told why", () => {
  const refusal = { code: "INVALID", message: "", path: ["newPassword"], reason: "PASSWORD_IS_COMMON" } as const;
  expect(byField(t, [{ ...refusal, path: [...refusal.path] }], ["newPassword"])).toEqual({
    newPassword: "common.refusalReason.PASSWORD_IS_COMMON",
  });
});

test("what names no field of the form is about the form as a whole", () => {
  expect(byField(t, [{ code: "FORBIDDEN", message: "", path: null, reason: null }], ["subject"])).toEqual({
    "": "common.refusal.FORBIDDEN",
  });
});

test.each([
  [2, "accounts.signIn.busy"],
  [900, "accounts.signIn.tooMany"],
  [undefined, "accounts.signIn.tooMany"],
])("who has to wait %s seconds is told so", (retryAfter, text) => {
  const graphQLErrors = [{ message: "", extensions: { code: "RATE_LIMITED", retryAfter } }];
  expect(attemptText(t, new CombinedError({ graphQLErrors }))).toBe(text);
});
