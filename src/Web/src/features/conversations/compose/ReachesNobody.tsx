import { Alert } from "@mantine/core";
import { IconUserOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** That what is written to a customer is read by nobody, since nobody is invited for it. */
export function ReachesNobody({ customer }: { customer: string }) {
  const { t } = useTranslation();
  return (
    <Alert
      role="status"
      icon={<IconUserOff size={18} />}
      color="orange"
      variant="light"
      p="xs"
      styles={{ message: { color: "var(--mantine-color-text)" } }}
    >
      {t("conversations.comments.reachesNobody", { customer })}
    </Alert>
  );
}
