import { Button, Group, Modal, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

/** Asks before somebody leaves a page with changes that are not saved. */
export function LeaveGuard({ when }: { when: boolean }) {
  const { t } = useTranslation();

  // As it is on the screen: what the router is given reaches it some time after the page says that all is saved.
  const now = useRef(when);
  useLayoutEffect(() => {
    now.current = when;
  }, [when]);
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => now.current,
    enableBeforeUnload: () => now.current,
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
