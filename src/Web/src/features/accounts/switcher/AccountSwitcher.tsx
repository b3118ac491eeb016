import { Menu, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconBuilding, IconCheck, IconSelector, IconUsers } from "@tabler/icons-react";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { switchTo, useViewer } from "../../../api/session";
import { unfinished } from "../../../api/unfinished";
import { useAccounts, useBehalf } from "../../../session/accounts";
import { notice } from "../../../ui/notice";
import classes from "./AccountSwitcher.module.css";

/** Where one is: the organisation, and for whoever has several accounts on whose behalf, with the way to the others. */
export function AccountSwitcher({ className }: { className?: string | undefined }) {
  const { t } = useTranslation();
  const viewer = useViewer();
  const router = useRouter();
  const accounts = useAccounts();
  const behalf = useBehalf();
  const [switching, setSwitching] = useState(false);
  const name = viewer.organisation.name;
  if (!behalf) return <Text className={`${classes.organisation} ${className ?? ""}`}>{name}</Text>;

  const go = async (account: { organisationId: string; personId: string }) => {
    if (unfinished() > 0) return notice({ kind: "warning", message: t("accounts.switcher.unfinished") });
    setSwitching(true);
    const done = await switchTo(account);
    setSwitching(false);
    if (done) await router.navigate({ to: "/conversations" });
    else await notice({ kind: "failure", message: t("accounts.switcher.failed") });
  };

  return (
    <Menu position="bottom-start" width={300} withinPortal>
      <Menu.Target>
        <UnstyledButton className={`${classes.target} ${className ?? ""}`} disabled={switching} aria-busy={switching}>
          <VisuallyHidden>{t("accounts.switcher.menu")} </VisuallyHidden>
          <span className={classes.names}>
            <Text className={classes.organisation}>{name}</Text>
            <Text size="xs" c="dimmed" className={classes.behalf}>
              {behalf}
            </Text>
          </span>
          <IconSelector size={16} stroke={1.7} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah="70dvh" style={{ overflowY: "auto" }}>
        <Menu.Label>{t("accounts.switcher.title")}</Menu.Label>
        {accounts.map(({ organisationId, organisationName, personId, role, customerName, isCurrent }) => (
          <Menu.Item
            key={`${organisationId} ${personId}`}
            aria-current={isCurrent ? "true" : undefined}
            leftSection={customerName ? <IconUsers size={16} aria-hidden /> : <IconBuilding size={16} aria-hidden />}
            rightSection={isCurrent ? <IconCheck size={16} aria-hidden /> : undefined}
            onClick={isCurrent ? undefined : () => void go({ organisationId, personId })}
          >
            <Text size="sm" fw={550}>
              {customerName ?? t(`common.role.${role}`)}
            </Text>
            <Text size="xs" c="dimmed">
              {organisationName}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
