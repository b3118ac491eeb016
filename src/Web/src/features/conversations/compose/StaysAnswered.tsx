import { Alert, Button, Group } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { STATUSES } from "../../../conversation/status";
import type { ConversationStatus } from "../../../gql/pages/graphql";

interface Props {
  choose: (status: ConversationStatus) => void;
  /** Goes back to the comment, which is not sent. */
  leave: () => void;
}

/** Asks what becomes of a conversation that is answered, and that the office writes in once more. */
export function StaysAnswered({ choose, leave }: Props) {
  const { t } = useTranslation();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  return (
    <Alert
      role="group"
      aria-label={t("conversations.comments.stays.question")}
      color="blue"
      variant="light"
      p="xs"
      styles={{ message: { color: "var(--mantine-color-text)" } }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        leave();
      }}
    >
      {t("conversations.comments.stays.question")}
      <Group gap="xs" mt="xs">
        {[...STATUSES].reverse().map((status, index) => (
          <Button
            key={status}
            ref={index === 0 ? first : undefined}
            size="compact-sm"
            variant={index === 0 ? "filled" : "default"}
            onClick={() => choose(status)}
          >
            {t(`conversations.comments.stays.${status}`)}
          </Button>
        ))}
        <Button size="compact-sm" variant="subtle" onClick={leave}>
          {t("common.action.cancel")}
        </Button>
      </Group>
    </Alert>
  );
}
