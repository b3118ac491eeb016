import "@mantine/notifications/styles.css";
import { Button, Group } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck, IconX } from "@tabler/icons-react";
import i18next from "i18next";

/** Something to tell whoever works here, in passing. */
export interface Notice {
  message: string;
  /** The outcome: done, refused in part, or failed. */
  kind: "done" | "warning" | "failure";
  /** Takes it back, while the notice is there. */
  undo?: () => void;
}

const looks = {
  done: { color: "teal", icon: <IconCheck size={16} />, autoClose: 4_000 },
  warning: { color: "orange", icon: <IconAlertTriangle size={16} />, autoClose: 12_000 },
  failure: { color: "red", icon: <IconX size={16} />, autoClose: 12_000 },
} as const;

/** The place where notices appear. */
export const Notices = () => <Notifications position="top-center" zIndex={1000} />;

/** Shows one. */
export function show({ message, kind, undo }: Notice) {
  const id = notifications.show({
    ...looks[kind],
    ...(undo && { autoClose: 10_000 }),
    message: undo ? (
      <Group justify="space-between" wrap="nowrap">
        {message}
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            notifications.hide(id);
            undo();
          }}
        >
          {i18next.t("common.action.undo")}
        </Button>
      </Group>
    ) : (
      message
    ),
    role: kind === "done" ? "status" : "alert",
    closeButtonProps: { "aria-label": i18next.t("common.action.close") },
  });
}
