import { Button, Group, Modal, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

/** Asks before somebody leaves a page with changes that are not saved. */
export function LeaveGuard({ when }: { when: boolean }) {
  const { t } = useTranslation();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => when,
    enableBeforeUnload: () => when,
    withResolver: true,
  });
  return (
    <Modal
      opened={status === "blocked"}
      onClose={() => reset?.()}
      title={t("common.leave.title")}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
    >
      <Text size="sm">{t("common.leave.text")}</Text>
      <Group justify="end" mt="lg">
        <Button variant="default" onClick={() => reset?.()}>
          {t("common.leave.stay")}
        </Button>
        <Button color="red.9" onClick={() => proceed?.()}>
          {t("common.leave.go")}
        </Button>
      </Group>
    </Modal>
  );
}
