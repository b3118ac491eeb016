import { Button, EmptyState } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CombinedError } from "urql";
import { failureText } from "../api/errors";

interface Props {
  error: CombinedError;
  retry: () => void;
}

/** In the place of what could not be loaded: why, and a way to try again. */
export function Failed({ error, retry }: Props) {
  const { t } = useTranslation();
  return (
    <EmptyState
      role="alert"
      p="xl"
      icon={<IconCloudOff stroke={1.5} />}
      title={t("common.failure.title")}
      description={failureText(t, error)}
    >
      <EmptyState.Actions>
        <Button variant="default" onClick={retry}>
          {t("common.failure.retry")}
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}
