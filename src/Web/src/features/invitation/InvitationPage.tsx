import { useTranslation } from "react-i18next";
import { Page } from "../../ui/Page";

export function InvitationPage() {
  const { t } = useTranslation();
  return <Page title={t("invitation.title")} />;
}
