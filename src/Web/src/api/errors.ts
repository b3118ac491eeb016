import type { TFunction } from "i18next";
import type { CombinedError } from "urql";
import type { RefusalFragment as Refusal } from "../gql/graphql";

/** A refusal in the reader's language: the server's own words are English and for developers. */
export function refusalText(t: TFunction, { code, path, reason }: Refusal) {
  if (reason) return t(`common.refusalReason.${reason}`);
  return code === "INVALID" && path?.some((part) => part === "displayName" || part === "name")
    ? t("common.refusal.name")
    : t(`common.refusal.${code}`);
}

/** A request's failure in the reader's language. */
export function failureText(t: TFunction, error: CombinedError) {
  if (error.networkError && !error.response?.status) return t("common.failure.network");
  const code = error.graphQLErrors[0]?.extensions.code;
  if (code === "RATE_LIMITED" || error.response?.status === 429) return t("common.failure.busy");
  if (code === "FORBIDDEN") return t("common.failure.forbidden");
  return t("common.failure.server");
}

/** The failure of a request that proves who somebody is, or asks to: how often and how many at once is limited. */
export function attemptText(t: TFunction, error: CombinedError) {
  const limit = error.graphQLErrors.find(({ extensions }) => extensions.code === "RATE_LIMITED");
  if (!limit) return failureText(t, error);
  const { retryAfter } = limit.extensions;
  return t(typeof retryAfter === "number" && retryAfter < 60 ? "accounts.signIn.busy" : "accounts.signIn.tooMany");
}

/**
 * Refusals by the field of a form that they name: the first part of their path behind "input". What names no field of the form
 * is under "".
 */
export function byField(t: TFunction, refusals: readonly Refusal[], fields: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const refusal of refusals) {
    const named = refusal.path?.find((part) => fields.includes(part)) ?? "";
    found[named] ??= refusalText(t, refusal);
  }
  return found;
}
