import { getRouteApi, Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { STATUSES, statusOf, wordOf } from "../../../conversation/status";
import { useStatusName } from "../../../conversation/useStatusName";
import type { ConversationCountsQuery, ConversationStatus } from "../../../gql/graphql";
import classes from "./StatusTabs.module.css";

const route = getRouteApi("/shell/conversations");

/** The clear overview: how many conversations are open, need attention and are answered, and the way to each. */
export function StatusTabs({ counts }: { counts: ConversationCountsQuery["conversationCounts"] | undefined }) {
  const { t, i18n } = useTranslation();
  const name = useStatusName();
  const { status: current } = route.useSearch();
  // The conversation beside the list stays.
  const here = useLocation({ select: ({ pathname }) => pathname });
  const numbers = new Intl.NumberFormat(i18n.language);
  const tab = (status: ConversationStatus | undefined, label: string, count: number | undefined) => (
    <li key={label}>
      <Link
        to={here as "/conversations"}
        replace
        search={(before) => ({ ...before, status: wordOf(statusOf, status) })}
        className={classes.tab}
        data-tab={status ?? "ALL"}
        aria-current={(current && statusOf[current]) === status ? "page" : undefined}
        // To the router "all" would be current wherever one is, since what it does not ask for matches anything.
        activeOptions={{ exact: true, explicitUndefined: true }}
        activeProps={{}}
      >
        <span className={classes.count}>{count === undefined ? "–" : numbers.format(count)}</span>
        <span>{label}</span>
      </Link>
    </li>
  );
  const of = { OPEN: counts?.open, ATTENTION: counts?.attention, ANSWERED: counts?.answered };
  return (
    <nav aria-label={t("conversations.tabs.label")}>
      <ul className={classes.tabs}>
        {tab(undefined, t("conversations.tabs.all"), counts?.total)}
        {STATUSES.map((status) => tab(status, name(status), of[status]))}
      </ul>
    </nav>
  );
}
