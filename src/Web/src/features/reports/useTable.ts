import { useState } from "react";
import { useTranslation } from "react-i18next";
import { save } from "../../api/save";
import { authorizedFetch } from "../../api/session";
import { notice } from "../../ui/notice";

export const formats = ["xlsx", "csv"] as const;
export type Format = (typeof formats)[number];

/** Downloads a table as spreadsheets in the language of the page open it; and whether one is being written. */
export function useTable() {
  const { t, i18n } = useTranslation();
  const [busy, setBusy] = useState(false);
  const take = async (table: string, format: Format, name: string, parameters: Record<string, string>) => {
    setBusy(true);
    try {
      const query = new URLSearchParams({ locale: i18n.language.startsWith("en") ? "en" : "de", ...parameters });
      const response = await authorizedFetch(`/reports/${table}.${format}?${query}`);
      if (response.ok) save(await response.blob(), `${name}.${format}`);
      else void notice({ kind: "failure", message: t(response.status === 429 ? "reports.file.busy" : "reports.file.failed") });
    } catch {
      void notice({ kind: "failure", message: t("reports.file.failed") });
    } finally {
      setBusy(false);
    }
  };
  return { busy, take };
}
