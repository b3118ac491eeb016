import { Alert, Button, SegmentedControl, Stack } from "@mantine/core";
import { type RefObject, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import { STATUSES } from "../../../conversation/status";
import { ChangeStatusDocument, type ConversationStatus } from "../../../gql/pages/graphql";
import { useKeys } from "../../../ui/keys";
import { notice } from "../../../ui/notice";
import classes from "./StatusControl.module.css";

interface Props {
  conversation: { id: string; status: ConversationStatus; version: number };
  /** The element in which the focus has to be for keys to set it. */
  keysWithin: RefObject<HTMLElement | null>;
}

/**
 * Sets the status of the conversation that one looks at. It goes with the version that one saw: when something else has happened meanwhile, such as
 * an answer of the customer, one is asked again.
 */
export function StatusControl({ conversation, keysWithin }: Props) {
  const { t } = useTranslation();
  const client = useClient();
  const [{ fetching }, change] = useMutation(ChangeStatusDocument);
  const [wanted, setWanted] = useState<ConversationStatus>();
  const [problem, setProblem] = useState<{ conflict: boolean; text: string }>();

  // Takes it back by setting what was there before, as one more change that the history shows: unless something else has happened since.
  const undo = async (id: string, status: ConversationStatus, version: number) => {
    const { data, error } = await client
      .mutation(ChangeStatusDocument, { input: { conversationIds: [id], status, expectedVersion: version } })
      .toPromise();
    const refusal = data?.changeStatus.errors[0];
    if (error) void notice({ kind: "failure", message: failureText(t, error) });
    else if (refusal)
      void notice({
        kind: "warning",
        message: refusal.code === "CONFLICT" ? t("conversations.status.conflict") : refusalText(t, refusal),
      });
  };

  const set = async (status: ConversationStatus, version: number | null) => {
    const before = conversation.status;
    setWanted(status);
    setProblem(undefined);
    const { data, error } = await change({ input: { conversationIds: [conversation.id], status, expectedVersion: version } });
    const refusal = data?.changeStatus.errors[0];
    const conflict = refusal?.code === "CONFLICT";
    if (error) setProblem({ conflict: false, text: failureText(t, error) });
    else if (refusal) setProblem({ conflict, text: conflict ? t("conversations.status.conflict") : refusalText(t, refusal) });
    if (!conflict) setWanted(undefined);
    const changed = data?.changeStatus.conversations[0];
    if (changed && !error && !refusal && before !== status)
      void notice({
        kind: "done",
        message: t("conversations.status.changed", { status: t(`conversations.status.${status}`) }),
        undo: () => void undo(conversation.id, before, changed.version),
      });
  };

  useKeys(
    {
      // One after the other: the second would be about what was there before the first.
      a: () => fetching || void set("ATTENTION", conversation.version),
      e: () => fetching || void set("ANSWERED", conversation.version),
    },
    keysWithin,
  );

  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        className={classes.control}
        aria-label={t("conversations.status.label")}
        disabled={fetching}
        // The wanted status is shown at once, until the server says otherwise.
        value={fetching && wanted ? wanted : conversation.status}
        onChange={(status) => void set(status as ConversationStatus, conversation.version)}
        data={STATUSES.map((value) => ({
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
