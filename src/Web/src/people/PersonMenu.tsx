import { ActionIcon, Menu, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconKey, IconMailForward, IconUserOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type CombinedError, useMutation } from "urql";
import { failureText, refusalText } from "../api/errors";
import { type RefusalFragment, ResendInvitationDocument, SendPasswordResetDocument } from "../gql/pages/graphql";
import { EndQuestion } from "../ui/EndQuestion";
import classes from "./People.module.css";

interface Props {
  person: { id: string; displayName: string; joined: boolean };
  /** The consequence of deactivating them, in a sentence. */
  consequence: string;
  deactivate: (id: string) => Promise<{ error?: CombinedError; errors?: readonly RefusalFragment[] }>;
}

/** The actions on a person: invite them again, send a link for another password, or deactivate them after a question. */
export function PersonMenu({ person, consequence, deactivate }: Props) {
  const { t } = useTranslation();
  const { id, displayName, joined } = person;
  const [asking, question] = useDisclosure();
  const [, resend] = useMutation(ResendInvitationDocument);
  const [, sendReset] = useMutation(SendPasswordResetDocument);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string>();
  const [said, setSaid] = useState("");

  const end = async () => {
    setBusy(true);
    const { error, errors = [] } = await deactivate(id);
    setBusy(false);
    if (error) setRefused(failureText(t, error));
    else if (errors[0]) setRefused(refusalText(t, errors[0]));
    else question.close();
  };
  const again = async () => {
    const { data, error } = await resend({ input: { id } });
    const refusal = data?.resendInvitation.errors[0];
    if (error) setSaid(failureText(t, error));
    else if (refusal?.code === "CONFLICT") setSaid(t("people.resentJustNow"));
    else setSaid(refusal ? refusalText(t, refusal) : t("people.resent"));
  };
  const reset = async () => {
    const { data, error } = await sendReset({ input: { id } });
    const refusal = data?.sendPasswordReset.errors[0];
    if (error) setSaid(failureText(t, error));
    else if (refusal?.code === "CONFLICT") setSaid(t("people.resetSentOften"));
    else setSaid(refusal ? refusalText(t, refusal) : t("people.resetSent"));
  };

  return (
    <div className={classes.menu}>
      <Text span size="xs" c="dimmed" role="status">
        {said}
      </Text>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon aria-label={t("people.actions", { name: displayName })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {joined && (
            <Menu.Item leftSection={<IconKey size={16} />} onClick={() => void reset()}>
              {t("people.sendReset")}
            </Menu.Item>
          )}
          {!joined && (
            <Menu.Item leftSection={<IconMailForward size={16} />} onClick={() => void again()}>
              {t("people.resend")}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconUserOff size={16} />}
            onClick={() => {
              setRefused(undefined);
              question.open();
            }}
          >
            {t("people.deactivate")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <EndQuestion
        opened={asking}
        close={question.close}
        title={t("people.deactivateQuestion", { name: displayName })}
        text={consequence}
        label={t("people.deactivate")}
        end={() => void end()}
        ending={busy}
        refused={refused}
      />
    </div>
  );
}
