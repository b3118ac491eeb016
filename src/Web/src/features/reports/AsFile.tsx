import { Button, Menu } from "@mantine/core";
import { IconTableExport } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { save } from "../../api/save";
import { authorizedFetch, useViewer } from "../../api/session";
import { notice } from "../../ui/notice";
import { days } from "./instants";
import { intervals, type Range } from "./ranges";

/** What is taken out: all conversations, and the figures of the range that the page shows. */
const tables = ["conversations", "times", "activity", "backlogs", "workload"] as const;
type Table = (typeof tables)[number];

const formats = ["xlsx", "csv"] as const;
type Format = (typeof formats)[number];

interface Props {
  range: Range;
  now: Date;
}

/** Downloads tables as spreadsheets in the language of the page open them. */
export function AsFile({ range, now }: Props) {
  const { t, i18n } = useTranslation();
  const zone = useViewer().organisation.settings.timeZone;
  const [busy, setBusy] = useState(false);
  const take = async (table: Table, format: Format) => {
    setBusy(true);
    try {
      const query = new URLSearchParams({ locale: i18n.language.startsWith("en") ? "en" : "de" });
      if (table !== "conversations" && table !== "workload") {
        const { from, to } = days(range, zone, now);
        query.set("from", from);
        query.set("to", to);
      }
      if (table === "activity" || table === "backlogs") query.set("interval", intervals[range]);
      const response = await authorizedFetch(`/reports/${table}.${format}?${query}`);
      if (response.ok) save(await response.blob(), `${t(`reports.file.${table}`)}.${format}`);
      else void notice({ kind: "failure", message: t(response.status === 429 ? "reports.file.busy" : "reports.file.failed") });
    } catch {
      void notice({ kind: "failure", message: t("reports.file.failed") });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconTableExport size={16} />} loading={busy}>
          {t("reports.file.take")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => [
          <Menu.Label key={format}>{t(`reports.file.${format}`)}</Menu.Label>,
          ...tables.map((table) => (
            <Menu.Item key={`${table}.${format}`} onClick={() => void take(table, format)}>
              {t(`reports.file.${table}`)}
            </Menu.Item>
          )),
        ])}
      </Menu.Dropdown>
    </Menu>
  );
}
