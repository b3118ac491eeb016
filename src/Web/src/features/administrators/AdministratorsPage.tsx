import { useTranslation } from "react-i18next";
import { Page } from "../../ui/Page";

export function AdministratorsPage() {
  const { t } = useTranslation();
  return <Page title={t("administrators.title")} />;
}
