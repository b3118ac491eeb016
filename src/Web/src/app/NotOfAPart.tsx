import { Button, Center, EmptyState, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconEyeOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

/** In the place of a page that shows more than auditors may see who see a part only. */
export function NotOfAPart() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("common.notOfAPart.title")} · ${t("common.product")}`);
  return (
    <Center h="100%" p="xl">
      <EmptyState
        icon={<IconEyeOff stroke={1.5} />}
        title={<Title order={1}>{t("common.notOfAPart.title")}</Title>}
        description={t("common.notOfAPart.text")}
      >
        <EmptyState.Actions>
          <Button renderRoot={(props) => <Link to="/conversations" {...props} />}>{t("common.notFound.back")}</Button>
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
