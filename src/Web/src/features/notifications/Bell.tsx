import { ActionIcon, NavLink } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "../../app/Shell.module.css";

/** The way to what the viewer was told. With its label in the navigation, without one in a phone's header. */
export function Bell({ withLabel = false }: { withLabel?: boolean }) {
  const { t } = useTranslation();
  if (withLabel)
    return (
      <NavLink
        className={classes.link}
        leftSection={<IconBell size={18} stroke={1.7} />}
        label={t("notifications.bell")}
        title={t("notifications.bell")}
        renderRoot={(props) => <Link to="/notifications" {...props} />}
      />
    );
  return (
    <ActionIcon size="lg" aria-label={t("notifications.bell")} renderRoot={(props) => <Link to="/notifications" {...props} />}>
      <IconBell size={20} stroke={1.7} />
    </ActionIcon>
  );
}
