import { Avatar, Menu, Text, UnstyledButton, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { IconKeyboard, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useViewer } from "../api/session";
import { askToSignOut } from "../features/accounts";
import { chooseLanguage, type Language, languages } from "../i18n";
import { openShortcuts } from "../ui/shortcuts";
import classes from "./Shell.module.css";

/** The viewer, their language and appearance, and the way out. */
export function UserMenu() {
  const { t, i18n } = useTranslation();
  const viewer = useViewer();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu withInitialFocusPlaceholder={false} position="right-end" width={260} withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes.person}>
          <VisuallyHidden>{t("common.user.menu")} </VisuallyHidden>
          <Avatar size={30} radius="xl" name={viewer.displayName} color="initials" aria-hidden />
          <span className={`${classes.personText} ${classes.words}`}>
            <Text size="sm" fw={560}>
              {viewer.displayName}
            </Text>
            <Text size="xs" c="dimmed">
              {t(`common.role.${viewer.role}`)}
            </Text>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{viewer.email}</Menu.Label>
        <Menu.Item leftSection={<IconUserCircle size={16} />} renderRoot={(props) => <Link to="/profile" {...props} />}>
          {t("common.navigation.profile")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={openShortcuts}>
          {t("common.user.shortcuts")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("common.user.language")}</Menu.Label>
        <Menu.RadioGroup value={i18n.language} onChange={(language) => void chooseLanguage(language as Language)}>
          {languages.map((language) => (
            <Menu.RadioItem key={language} value={language} lang={language}>
              {t(`common.languages.${language}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>{t("common.user.appearance")}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as typeof colorScheme)}>
          {(["auto", "light", "dark"] as const).map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {t(`common.user.${scheme}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={askToSignOut}>
          {t("common.user.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
