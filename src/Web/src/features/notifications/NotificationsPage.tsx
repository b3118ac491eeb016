import { useTranslation } from "react-i18next";
import { Page } from "../../ui/Page";

export function NotificationsPage() {
  const { t } = useTranslation();
  return <Page title={t("notifications.title")} />;
}
