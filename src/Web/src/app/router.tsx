import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
  redirect,
} from "@tanstack/react-router";
import { session, useViewer } from "../api/session";
import { SignInPage } from "../features/accounts";
import { ConversationsPage, NoConversation, readListSearch } from "../features/conversations";
import { readHistorySearch, readLogSearch } from "../features/history";
import { readDeliveriesSearch } from "../features/notifications";
import { type Range, ranges, readUndeliveredSearch, readWeeklySearch, readWorkSearch } from "../features/reports";
import { pageTexts } from "../i18n";
import { type Area, isKeptFrom, mayEnter } from "../session/access";
import { searched } from "../ui/searched";
import { Failure, NotFound } from "./Failure";
import { NotOfAPart } from "./NotOfAPart";
import { Shell } from "./Shell";

/**
 * The page to go to after signing in. Only paths of this origin, as browsers read them: they take "/\" for "//". What is not
 * said to be undefined here, the router leaves as the address has it.
 */
const readSignInSearch = ({ to }: Record<string, unknown>): { to?: string | undefined } => {
  if (typeof to !== "string" || !to.startsWith("/") || !URL.canParse(to, location.origin)) return { to: undefined };
  const { origin, pathname, search } = new URL(to, location.origin);
  return { to: origin === location.origin && !pathname.startsWith("//") ? pathname + search : undefined };
};

/** A page that is visited later than the list, whose texts are not there before. */
const later = <T extends Record<string, unknown>>(load: () => Promise<T>, name: keyof T) =>
  lazyRouteComponent<T, keyof T>(() => Promise.all([load(), pageTexts()]).then(([page]) => page), name);

// The most characters of an id, as the server has it. What is longer names nothing, which the server says of its beginning.
const idMaximum = 100;

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSignInSearch,
  beforeLoad: ({ search }) => {
    if (session()) throw redirect({ href: search.to ?? "/conversations", replace: true });
  },
  component: SignInPage,
});

// The link of an invitation's mail; the token is in the fragment.
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: later(() => import("../features/accounts/invitation/InvitationPage"), "InvitationPage"),
});

// Where another issuer of identities sends people back to.
const issuer = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/issuer",
  component: later(() => import("../features/accounts/issuer/IssuerPage"), "IssuerPage"),
});

// Whoever forgot their password asks for a link.
const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: "/forgot-password",
  component: later(() => import("../features/accounts/passwordReset/ForgotPasswordPage"), "ForgotPasswordPage"),
});

// The link of the mail that follows; the token is in the fragment.
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/reset-password",
  component: later(() => import("../features/accounts/passwordReset/ResetPasswordPage"), "ResetPasswordPage"),
});

// The link that confirms another address; the token is in the fragment.
const confirmEmail = createRoute({
  getParentRoute: () => root,
  path: "/confirm-email",
  component: later(() => import("../features/accounts/emailChange/ConfirmEmailPage"), "ConfirmEmailPage"),
});

/** Everything behind signing in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: ({ location }) => {
    if (!session()) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
  },
  component: Shell,
});

/**
 * A page only for those who may enter. For another role there is no such page; whoever sees a part only is told that it is not for
 * them, also when they were given less while they look at it.
 */
function only(area: Area, Page: RouteComponent) {
  const Guarded = () => (isKeptFrom(useViewer(), area) ? <NotOfAPart /> : <Page />);
  return {
    beforeLoad: () => {
      const viewer = session()?.viewer;
      if (viewer && !mayEnter(viewer, area) && !isKeptFrom(viewer, area)) throw redirect({ to: "/conversations" });
    },
    component: Object.assign(Guarded, { preload: Page.preload }),
  };
}

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/conversations", replace: true });
  },
});

const conversations = createRoute({
  getParentRoute: () => shell,
  path: "/conversations",
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, session()?.viewer.role),
  component: ConversationsPage,
});
const noConversation = createRoute({
  getParentRoute: () => conversations,
  path: "/",
  component: NoConversation,
});
const createConversation = createRoute({
  getParentRoute: () => conversations,
  path: "/new",
  component: lazyRouteComponent(() => import("../features/conversations/create/CreatePage"), "CreatePage"),
});
// The link of the mails about a conversation.
const conversation = createRoute({
  getParentRoute: () => conversations,
  path: "/$conversationId",
  params: { parse: ({ conversationId }) => ({ conversationId: conversationId.slice(0, idMaximum) }) },
  component: lazyRouteComponent(() => import("../features/conversations/view/ConversationPage"), "ConversationPage"),
});
const history = createRoute({
  getParentRoute: () => conversations,
  path: "/$conversationId/history",
  params: { parse: ({ conversationId }) => ({ conversationId: conversationId.slice(0, idMaximum) }) },
  validateSearch: readHistorySearch,
  ...only(
    "history",
    later(() => import("../features/history/HistoryPage"), "HistoryPage"),
  ),
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: "/overview",
  validateSearch: ({ range }: Record<string, unknown>): { range?: Range | undefined } => ({
    range: ranges.find((each) => each === range),
  }),
  ...only(
    "overview",
    later(() => import("../features/reports/OverviewPage"), "OverviewPage"),
  ),
});
// The links of the weekly mail open its lists.
const weekly = createRoute({
  getParentRoute: () => shell,
  path: "/overview/weekly",
  validateSearch: readWeeklySearch,
  ...only(
    "overview",
    later(() => import("../features/reports/WeeklyPage"), "WeeklyPage"),
  ),
});
const work = createRoute({
  getParentRoute: () => shell,
  path: "/overview/work",
  validateSearch: readWorkSearch,
  ...only(
    "overview",
    later(() => import("../features/reports/WorkPage"), "WorkPage"),
  ),
});
const undelivered = createRoute({
  getParentRoute: () => shell,
  path: "/overview/undelivered",
  validateSearch: readUndeliveredSearch,
  ...only(
    "overview",
    later(() => import("../features/reports/UndeliveredPage"), "UndeliveredPage"),
  ),
});
const day = createRoute({
  getParentRoute: () => shell,
  path: "/day",
  ...only(
    "day",
    later(() => import("../features/reports/DayPage"), "DayPage"),
  ),
});
const customers = createRoute({
  getParentRoute: () => shell,
  path: "/customers",
  validateSearch: ({ q, tag }: Record<string, unknown>): { q?: string | undefined; tag?: string | undefined } => ({
    q: searched(q),
    tag: searched(tag),
  }),
  ...only(
    "customers",
    later(() => import("../features/customers/CustomersPage"), "CustomersPage"),
  ),
});
const customerImport = createRoute({
  getParentRoute: () => shell,
  path: "/customers/import",
  validateSearch: ({ id }: Record<string, unknown>): { id?: string | undefined } => ({
    id: typeof id === "string" ? id.slice(0, idMaximum) : undefined,
  }),
  ...only(
    "import",
    later(() => import("../features/customers/import/ImportPage"), "ImportPage"),
  ),
});
const customer = createRoute({
  getParentRoute: () => shell,
  path: "/customers/$customerId",
  params: { parse: ({ customerId }) => ({ customerId: customerId.slice(0, idMaximum) }) },
  ...only(
    "customers",
    later(() => import("../features/customers/CustomerPage"), "CustomerPage"),
  ),
});
const administrators = createRoute({
  getParentRoute: () => shell,
  path: "/administrators",
  ...only(
    "administrators",
    later(() => import("../features/organisation/AdministratorsPage"), "AdministratorsPage"),
  ),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: "/settings",
  ...only(
    "settings",
    later(() => import("../features/organisation/SettingsPage"), "SettingsPage"),
  ),
});
const profile = createRoute({
  getParentRoute: () => shell,
  path: "/profile",
  component: later(() => import("../features/accounts/profile/ProfilePage"), "ProfilePage"),
});
const notifications = createRoute({
  getParentRoute: () => shell,
  path: "/notifications",
  validateSearch: ({ unread }: Record<string, unknown>): { unread?: true | undefined } => ({
    unread: unread === true ? unread : undefined,
  }),
  component: lazyRouteComponent(() => import("../features/notifications/NotificationsPage"), "NotificationsPage"),
});

const deliveries = createRoute({
  getParentRoute: () => shell,
  path: "/deliveries",
  validateSearch: readDeliveriesSearch,
  ...only(
    "deliveries",
    later(() => import("../features/notifications/deliveries/DeliveriesPage"), "DeliveriesPage"),
  ),
});

const log = createRoute({
  getParentRoute: () => shell,
  path: "/log",
  validateSearch: readLogSearch,
  ...only(
    "log",
    later(() => import("../features/history/log/LogPage"), "LogPage"),
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    issuer,
    invitation,
    forgotPassword,
    resetPassword,
    confirmEmail,
    shell.addChildren([
      home,
      conversations.addChildren([noConversation, createConversation, conversation, history]),
      overview,
      weekly,
      work,
      undelivered,
      day,
      customers,
      customerImport,
      customer,
      administrators,
      settings,
      profile,
      notifications,
      deliveries,
      log,
    ]),
  ]),
  defaultErrorComponent: Failure,
  defaultPreload: "intent",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
