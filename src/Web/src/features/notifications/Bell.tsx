import { ActionIcon, Loader, NavLink, Popover, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBell } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { UnreadNotificationCountDocument } from "../../gql/graphql";
import classes from "./Bell.module.css";

const Latest = lazy(() => import("./Latest").then(({ Latest }) => ({ default: Latest })));

interface Props {
  /** The class of links of the navigation: there it has a label. Without one it is only an icon, in a phone's header. */
  linkClass?: string;
}

/** The number of unread notifications, and on a click the latest ones. */
export function Bell({ linkClass }: Props) {
  const { t } = useTranslation();
  const [opened, popover] = useDisclosure();
  const [{ data }] = useQuery({ query: UnreadNotificationCountDocument });
  const unread = data?.viewer.unreadNotificationCount ?? 0;
  // Only owners are told a number.
  const failed = data?.viewer.failedDeliveryCount ?? 0;
  const shown = unread + failed;
  const name = [
    t("notifications.bell"),
    unread > 0 && t("notifications.bellUnread", { count: unread }),
    failed > 0 && t("notifications.bellFailed", { count: failed }),
  ]
    .filter(Boolean)
    .join(", ");
  const control = {
    "aria-haspopup": "dialog",
    "aria-expanded": opened,
    onClick: popover.toggle,
  } as const;
  const icon = (size: number) => (
    <span className={classes.icon}>
      <IconBell size={size} stroke={1.7} />
      {shown > 0 && (
        <span className={classes.count} aria-hidden="true">
          {shown > 99 ? "99+" : shown}
        </span>
      )}
    </span>
  );
  return (
    <Popover
      opened={opened}
      onChange={(open) => !open && popover.close()}
      position={linkClass ? "right-end" : "bottom-end"}
      width="min(24rem, calc(100vw - 24px))"
      shadow="lg"
      radius="lg"
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        {linkClass ? (
          <NavLink
            {...control}
            component="button"
            type="button"
            className={linkClass}
            leftSection={icon(18)}
            label={
              <>
                <span aria-hidden="true">{t("notifications.bell")}</span>
                <VisuallyHidden>{name}</VisuallyHidden>
              </>
            }
            title={t("notifications.bell")}
          />
        ) : (
          <ActionIcon {...control} size="lg">
            {icon(20)}
            <VisuallyHidden>{name}</VisuallyHidden>
          </ActionIcon>
        )}
      </Popover.Target>
      <Popover.Dropdown p={0} aria-label={t("notifications.title")} className={classes.dropdown}>
        <Suspense fallback={<Loader size="sm" m="lg" role="status" aria-label={t("common.loading")} />}>
          <Latest close={popover.close} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
