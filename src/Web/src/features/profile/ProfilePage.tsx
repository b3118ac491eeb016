import { useTranslation } from "react-i18next";
import { Page } from "../../ui/Page";

export function ProfilePage() {
  const { t } = useTranslation();
  return <Page title={t("profile.title")} />;
}
