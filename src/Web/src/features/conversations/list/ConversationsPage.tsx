import { useDocumentTitle } from "@mantine/hooks";
import { Outlet, useChildMatches } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./ConversationsPage.module.css";
import { ListPane } from "./ListPane";

/** The section Nachrichten: the list, and beside it what was chosen of it; on a narrow screen the one or the other. */
export function ConversationsPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("conversations.title")}`);
  const detail = useChildMatches({ select: (matches) => matches.some(({ routeId }) => routeId !== "/shell/conversations/") });
  return (
    <div className={classes.panes} data-detail={detail || undefined}>
      <section className={classes.list} aria-label={t("conversations.list")}>
        <ListPane />
      </section>
      <div className={classes.detail}>
        <Outlet />
      </div>
    </div>
  );
}
