import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { CombinedError } from "urql";
import type { RefusalFragment } from "../gql/pages/graphql";
import { Refused } from "../ui/Refused";

/** What came of asking for something about a person. */
export type Answer = Promise<{ error?: CombinedError; errors?: readonly RefusalFragment[] }>;

interface ModalProps {
  opened: boolean;
  close: () => void;
  title: string;
  children: ReactNode;
}

/** The window in which something about a person is asked; what is typed there is gone when it closes. */
export function PersonModal({ opened, close, title, children }: ModalProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ "aria-label": t("common.action.close") }}>
      {children}
    </Modal>
  );
}

interface FormProps {
  /** What it is about. */
  lead: string;
  /** Why it was not done, where no field is to blame. */
  refused: string | undefined;
  /** What the button says. */
  label: string;
  sending: boolean;
  submit: () => void;
  close: () => void;
  children: ReactNode;
}

/** The form in that window: what it is about, the fields, and the way out. */
export function PersonForm({ lead, refused, label, sending, submit, close, children }: FormProps) {
  const { t } = useTranslation();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {lead}
        </Text>
        {refused && <Refused>{refused}</Refused>}
        {children}
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={sending}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
