import { useTranslation } from "react-i18next";
import { Page } from "../../ui/Page";

export function HistoryPage() {
  const { t } = useTranslation();
  return <Page title={t("history.title")} />;
}
