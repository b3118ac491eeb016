import { Button, Center, EmptyState, Title } from "@mantine/core";
import { IconAlertTriangle, IconMapSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

/** When something broke that should not have: a bug, or a part of the page that could not be loaded. */
export function Failure() {
  const { t } = useTranslation();
  return (
    <Center h="100%" p="xl" role="alert">
      <EmptyState
        icon={<IconAlertTriangle stroke={1.5} />}
        title={<Title order={1}>{t("common.failure.title")}</Title>}
        description={t("common.failure.server")}
      >
        <EmptyState.Actions>
          <Button onClick={() => location.reload()}>{t("common.failure.reload")}</Button>
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}

/** For addresses that lead nowhere. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <Center component="main" h="100%" p="xl">
      <EmptyState
        icon={<IconMapSearch stroke={1.5} />}
        title={<Title order={1}>{t("common.notFound.title")}</Title>}
        description={t("common.notFound.text")}
      >
        <EmptyState.Actions>
          <Button renderRoot={(props) => <Link to="/conversations" {...props} />}>{t("common.notFound.back")}</Button>
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
