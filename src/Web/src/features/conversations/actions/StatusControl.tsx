import { Alert, Button, SegmentedControl, Stack } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { ChangeStatusDocument, type ConversationStatus } from "../../../gql/pages/graphql";
import classes from "./StatusControl.module.css";

interface Props {
  conversation: { id: string; status: ConversationStatus; version: number };
}

/**
 * Sets the status of the conversation that one looks at. It goes with the version that one saw: when something else has happened meanwhile, such as
 * an answer of the customer, one is asked again.
 */
export function StatusControl({ conversation }: Props) {
  const { t } = useTranslation();
  const [{ fetching }, change] = useMutation(ChangeStatusDocument);
  const [wanted, setWanted] = useState<ConversationStatus>();
  const [problem, setProblem] = useState<{ conflict: boolean; text: string }>();

  const set = async (status: ConversationStatus, version: number | null) => {
    setWanted(status);
    setProblem(undefined);
    const { data, error } = await change({ input: { conversationIds: [conversation.id], status, expectedVersion: version } });
    const refusal = data?.changeStatus.errors[0];
    const conflict = refusal?.code === "CONFLICT";
    if (error) setProblem({ conflict: false, text: failureText(t, error) });
    else if (refusal) setProblem({ conflict, text: conflict ? t("conversations.status.conflict") : refusalText(t, refusal) });
    if (!conflict) setWanted(undefined);
  };

  useHotkeys([
    ["a", () => void set("ATTENTION", conversation.version)],
    ["e", () => void set("ANSWERED", conversation.version)],
  ]);

  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        className={classes.control}
        aria-label={t("conversations.status.label")}
        disabled={fetching}
        // What was asked for is shown at once, until the server says otherwise.
        value={fetching && wanted ? wanted : conversation.status}
        onChange={(status) => void set(status as ConversationStatus, conversation.version)}
        data={(["OPEN", "ATTENTION", "ANSWERED"] as const).map((value) => ({
          value,
          label: (
            <span className={classes.label} data-status={value} title={t(`conversations.status.hint.${value}`)}>
              {t(`conversations.status.${value}`)}
            </span>
          ),
        }))}
      />
      {problem && (
        <Alert
          role="alert"
          color="orange"
          p="xs"
          withCloseButton
          closeButtonLabel={t("common.action.close")}
          onClose={() => setProblem(undefined)}
          styles={{ message: { color: "var(--mantine-color-text)" } }}
        >
          {problem.text}
          {problem.conflict && wanted && (
            <Button mt="xs" size="compact-xs" variant="default" onClick={() => void set(wanted, null)} display="block">
              {t("conversations.status.anyway", { status: t(`conversations.status.${wanted}`) })}
            </Button>
          )}
        </Alert>
      )}
    </Stack>
  );
}
