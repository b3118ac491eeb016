import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Time } from "../ui/Time";

interface MailProblemProps {
  /** Since when, and why; nothing when mail goes out. */
  problem?: { since: string; reason: string } | null;
}

/** That mail to an address does not arrive, and why, in the words of the mail server. */
export function MailProblem({ problem }: MailProblemProps) {
  const { t } = useTranslation();
  if (!problem) return null;
  return (
    <Text size="sm" c="var(--mantine-color-error)">
      {t("people.mailProblem")} (<Time at={problem.since} />
      ): {problem.reason}
    </Text>
  );
}
