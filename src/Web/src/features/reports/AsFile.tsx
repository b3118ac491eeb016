import { Button, Menu } from "@mantine/core";
import { IconTableExport } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useViewer } from "../../api/session";
import { days } from "./instants";
import { intervals, type Range } from "./ranges";
import { formats, useTable } from "./useTable";

/** What is taken out: all conversations, and the figures of the range that the page shows. */
const tables = ["conversations", "times", "activity", "backlogs", "workload", "notifications"] as const;
type Table = (typeof tables)[number];

interface Props {
  range: Range;
  now: Date;
}

/** Downloads tables as spreadsheets in the language of the page open them. */
export function AsFile({ range, now }: Props) {
  const { t } = useTranslation();
  const zone = useViewer().organisation.settings.timeZone;
  const { busy, take } = useTable();
  const parametersOf = (table: Table): Record<string, string> =>
    table === "conversations" || table === "workload"
      ? {}
      : {
          ...days(range, zone, now),
          ...(table === "activity" || table === "backlogs" ? { interval: intervals[range] } : {}),
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
            <Menu.Item
              key={`${table}.${format}`}
              onClick={() => void take(table, format, t(`reports.file.${table}`), parametersOf(table))}
            >
              {t(`reports.file.${table}`)}
            </Menu.Item>
          )),
        ])}
      </Menu.Dropdown>
    </Menu>
  );
}
