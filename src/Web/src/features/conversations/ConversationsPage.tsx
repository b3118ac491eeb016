import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "../../ui/Page";

/** The section Nachrichten. */
export function ConversationsPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("conversations.title")} wide>
      <Outlet />
    </Page>
  );
}
