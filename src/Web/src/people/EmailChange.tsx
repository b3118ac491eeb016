import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { EmailChangePartsFragment } from "../gql/pages/graphql";
import { Time } from "../ui/Time";
import { MailProblem } from "./MailProblem";

interface Props {
  /** The address that is to be theirs; nothing when none is. */
  change?: EmailChangePartsFragment | null;
}

/** That somebody shall have another address, which was not confirmed yet. */
export function EmailChange({ change }: Props) {
  const { t } = useTranslation();
  if (!change) return null;
  return (
    <>
      <Text size="sm" c="var(--status-attention)">
        {t("people.emailChangeWaits", { email: change.email })} (<Time at={change.askedAt} />)
      </Text>
      <MailProblem problem={change.mailProblem} />
    </>
  );
}
