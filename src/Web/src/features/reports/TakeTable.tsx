import { Button, Menu } from "@mantine/core";
import { IconTableExport } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { formats, useTable } from "./useTable";

interface Props {
  table: "undelivered" | "work";
  parameters: Record<string, string>;
}

/** Downloads the table that a page shows. */
export function TakeTable({ table, parameters }: Props) {
  const { t } = useTranslation();
  const { busy, take } = useTable();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" leftSection={<IconTableExport size={16} />} loading={busy}>
          {t("reports.file.take")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => (
          <Menu.Item key={format} onClick={() => void take(table, format, t(`reports.file.${table}`), parameters)}>
            {t(`reports.file.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
