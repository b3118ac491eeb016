import { ActionBar, Anchor, Button, Menu, Text } from "@mantine/core";
import { IconCircleDot, IconUserCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { StatusBadge } from "../../../conversation/StatusBadge";
import { STATUSES } from "../../../conversation/status";
import { useAdministrators } from "../useAdministrators";
import classes from "./BulkActions.module.css";
import { RunAction } from "./RunAction";
import { useBulk } from "./useBulk";

interface Props {
  selection: ReadonlySet<string>;
  clear: () => void;
}

/** The actions on all selected conversations at once. */
export function BulkActions({ selection, clear }: Props) {
  const { t } = useTranslation();
  const administrators = useAdministrators();
  const { changeStatus, assign } = useBulk();
  const ids = [...selection];
  const then = (all: boolean) => {
    if (all) clear();
  };
  return (
    <ActionBar
      opened
      onClose={clear}
      closeOnEscape
      className={classes.bar}
      zIndex={150}
      aria-label={t("conversations.selection.label")}
    >
      <Text size="sm" fw={560} aria-live="polite">
        {t("conversations.selected", { count: ids.length })}
      </Text>
      <ActionBar.Divider />
      <Menu withInitialFocusPlaceholder={false} position="top">
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconCircleDot size={15} />}>
            {t("conversations.status.label")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {STATUSES.map((status) => (
            <Menu.Item key={status} onClick={() => void changeStatus(ids, status).then(then)}>
              <StatusBadge status={status} />
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu withInitialFocusPlaceholder={false} position="top">
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconUserCheck size={15} />}>
            {t("conversations.filter.responsible")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={320} style={{ overflow: "auto" }}>
          <Menu.Label>{t("conversations.responsible.label")}</Menu.Label>
          {administrators.map((administrator) => (
            <Menu.Item key={administrator.id} onClick={() => void assign(ids, administrator).then(then)}>
              {administrator.displayName}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => void assign(ids, undefined).then(then)}>{t("conversations.responsible.nobody")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RunAction ids={ids} done={clear} />
      <ActionBar.Divider />
      <Anchor component="button" type="button" size="sm" onClick={clear}>
        {t("conversations.selection.clear")}
      </Anchor>
    </ActionBar>
  );
}
