import { Anchor, AppShell, Burger, Group, NavLink, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconAddressBook,
  IconAdjustmentsHorizontal,
  IconChartBar,
  IconListCheck,
  IconListSearch,
  IconMailCheck,
  IconMessages,
  IconUserCircle,
  IconUsersGroup,
} from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ordered } from "../api/client";
import { useReconnected } from "../api/live";
import { rememberViewer, useViewer } from "../api/session";
import { AccountSwitcher, SigningOut } from "../features/accounts";
import { Bell } from "../features/notifications";
import { ViewerDocument } from "../gql/graphql";
import { type Area, mayEnter } from "../session/access";
import { Logo } from "../ui/Logo";
import { ShortcutHelp } from "../ui/ShortcutHelp";
import { ConnectionBanner } from "./ConnectionBanner";
import classes from "./Shell.module.css";
import { UserMenu } from "./UserMenu";

// Not needed for what is seen first.
const NotificationsLive = lazy(() =>
  import("../features/notifications/NotificationsLive").then(({ NotificationsLive: Live }) => ({ default: Live })),
);

const OutboxBanner = lazy(() =>
  import("../features/conversations/compose/OutboxBanner").then(({ OutboxBanner: Banner }) => ({ default: Banner })),
);

const places = [
  { to: "/conversations", icon: IconMessages, text: "common.navigation.conversations" },
  { to: "/day", icon: IconListCheck, text: "common.navigation.day", area: "day" },
  { to: "/overview", icon: IconChartBar, text: "common.navigation.overview", area: "overview" },
  { to: "/customers", icon: IconAddressBook, text: "common.navigation.customers", area: "customers" },
  { to: "/administrators", icon: IconUsersGroup, text: "common.navigation.administrators", area: "administrators" },
  { to: "/deliveries", icon: IconMailCheck, text: "common.navigation.deliveries", area: "deliveries" },
  { to: "/log", icon: IconListSearch, text: "common.navigation.log", area: "log" },
  { to: "/settings", icon: IconAdjustmentsHorizontal, text: "common.navigation.settings", area: "settings" },
  { to: "/profile", icon: IconUserCircle, text: "common.navigation.profile" },
] as const satisfies readonly { to: string; icon: unknown; text: string; area?: Area }[];

/** The frame around every page: where one is, where one can go, who one is. */
export function Shell() {
  const { t } = useTranslation();
  const viewer = useViewer();
  const [{ data }, ask] = useQuery({ query: ViewerDocument, requestPolicy: "cache-and-network" });
  const [opened, navigation] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const content = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (data) rememberViewer(data.viewer);
  }, [data]);

  // What was changed while nobody told it: a page that stayed open has the rights of before.
  useReconnected(() => ask({ requestPolicy: "network-only", ...ordered }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes when the page changes.
  useEffect(navigation.close, [path]);

  return (
    <AppShell
      layout="alt"
      header={{ height: { base: 52, sm: 0 } }}
      navbar={{ width: { base: 280, sm: 64, xl: 244 }, breakpoint: "sm", collapsed: { mobile: !opened } }}
      withBorder={false}
    >
      <Anchor
        href="#content"
        className={classes.skip}
        bg="var(--surface)"
        p="xs"
        onClick={(event) => {
          event.preventDefault();
          // Beside the list it is the conversation that one came for.
          (content.current?.querySelector<HTMLElement>("[data-content]") ?? content.current)?.focus();
        }}
      >
        {t("common.navigation.skip")}
      </Anchor>
      <AppShell.Header hiddenFrom="sm" className={classes.navbar} style={{ borderBottom: "1px solid var(--line)" }}>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" className={classes.brand}>
            <Burger
              opened={opened}
              onClick={navigation.toggle}
              size="sm"
              aria-label={opened ? t("common.navigation.close") : t("common.navigation.open")}
            />
            <AccountSwitcher />
          </Group>
          <Bell />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        p="sm"
        className={classes.navbar}
        style={{ borderRight: "1px solid var(--line)" }}
        aria-label={t("common.navigation.label")}
      >
        <Stack gap="sm" h="100%">
          <div className={classes.brand}>
            <Burger
              hiddenFrom="sm"
              opened={opened}
              onClick={navigation.close}
              size="sm"
              aria-label={t("common.navigation.close")}
            />
            <Logo />
            <AccountSwitcher className={classes.words} />
          </div>
          <Stack gap={2} flex={1}>
            {places
              .filter((place) => !("area" in place) || mayEnter(viewer, place.area))
              .map(({ to, icon: Icon, text }) => (
                <NavLink
                  key={to}
                  className={classes.link}
                  leftSection={<Icon size={18} stroke={1.7} />}
                  label={t(text)}
                  title={t(text)}
                  renderRoot={(props) => <Link to={to} {...props} />}
                />
              ))}
          </Stack>
          <Group visibleFrom="sm" justify="center" gap={4}>
            <Bell linkClass={classes.link} />
          </Group>
          <UserMenu />
        </Stack>
      </AppShell.Navbar>
      <AppShell.Main className={classes.main}>
        <ConnectionBanner />
        <Suspense>
          <NotificationsLive />
          <OutboxBanner />
        </Suspense>
        <SigningOut />
        <div ref={content} id="content" tabIndex={-1} className={classes.content}>
          <Outlet />
        </div>
      </AppShell.Main>
      <ShortcutHelp />
    </AppShell>
  );
}
