import "@mantine/notifications/styles.css";
import { Notifications, notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck, IconX } from "@tabler/icons-react";
import i18next from "i18next";
import type { Notice } from "./notice";

const looks = {
  done: { color: "teal", icon: <IconCheck size={16} />, autoClose: 4_000 },
  warning: { color: "orange", icon: <IconAlertTriangle size={16} />, autoClose: 12_000 },
  failure: { color: "red", icon: <IconX size={16} />, autoClose: 12_000 },
} as const;

/** Where notices appear. */
export const Notices = () => <Notifications position="top-center" zIndex={1000} />;

/** Shows one. */
export function show(message: string, kind: Notice["kind"]) {
  notifications.show({
    ...looks[kind],
    message,
    role: kind === "done" ? "status" : "alert",
    closeButtonProps: { "aria-label": i18next.t("common.action.close") },
  });
}
