import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Time } from "../ui/Time";

interface MailProblemProps {
  /** Since when, why, and whether it may have arrived; nothing when mail goes out. */
  problem?: { since: string; reason: string; perhapsSent: boolean } | null;
}

/** That mail to an address does not arrive, or perhaps did not, and why, in the words of the mail server. */
export function MailProblem({ problem }: MailProblemProps) {
  const { t } = useTranslation();
  if (!problem) return null;
  return (
    <Text size="sm" c="var(--mantine-color-error)">
      {t(problem.perhapsSent ? "people.mailPerhapsSent" : "people.mailProblem")} (<Time at={problem.since} />
      ): {problem.reason}
    </Text>
  );
}
