import { Button, Center, EmptyState, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconEyeOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useViewer } from "../api/session";

/** In the place of a page that is not for those who see a part only: auditors without notes or of a span, administrators of some customers. */
export function NotOfAPart() {
  const { t } = useTranslation();
  const { role } = useViewer();
  useDocumentTitle(`${t("common.notOfAPart.title")} · ${t("common.product")}`);
  return (
    <Center h="100%" p="xl">
      <EmptyState
        icon={<IconEyeOff stroke={1.5} />}
        title={<Title order={1}>{t("common.notOfAPart.title")}</Title>}
        description={t(role === "AUDITOR" ? "common.notOfAPart.auditor" : "common.notOfAPart.administrator")}
      >
        <EmptyState.Actions>
          <Button renderRoot={(props) => <Link to="/conversations" {...props} />}>{t("common.notFound.back")}</Button>
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
