import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  opened: boolean;
  close: () => void;
  /** The question. */
  title: string;
  /** The consequence. */
  text: string;
  /** What else is to be decided. */
  children?: ReactNode;
  /** The label of the button that does it. */
  label: string;
  end: () => void;
  ending: boolean;
  /** True until what is asked for beside it was given. */
  waits?: boolean;
  /** Why it was not done. */
  refused?: string;
}

/** Asks before something ends that does not begin again. */
export function EndQuestion({ opened, close, title, text, children, label, end, ending, waits, refused }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": t("common.action.close") }}>
      <Text size="sm">{text}</Text>
      {children}
      {refused && (
        <Text role="alert" size="sm" c="var(--mantine-color-error)" mt="sm">
          {refused}
        </Text>
      )}
      <Group justify="end" mt="lg">
        <Button variant="default" onClick={close}>
          {t("common.action.cancel")}
        </Button>
        <Button color="red.9" loading={ending} disabled={waits} onClick={end}>
          {label}
        </Button>
      </Group>
    </Modal>
  );
}
