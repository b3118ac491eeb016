import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ConversationRowFragment } from "../../gql/pages/graphql";
import { Time } from "../../ui/Time";
import classes from "./Overview.module.css";
import { Subject } from "./Subject";

interface Props {
  at: string;
  conversation: Pick<ConversationRowFragment, "id" | "subject" | "customer" | "responsibleAdministrator">;
  /** What is said beside the customer; who is responsible, unless something else is. */
  says?: string | undefined;
}

/** A conversation that a number counts, and since when. */
export function Entry({ at, conversation, says }: Props) {
  const { t } = useTranslation();
  return (
    <li>
      <div className={classes.line}>
        <Subject {...conversation} />
        <Text span size="xs" c="dimmed">
          <Time at={at} />
        </Text>
      </div>
      <Text span size="sm" c="dimmed" truncate display="block">
        {[conversation.customer.name, says ?? conversation.responsibleAdministrator?.displayName ?? t("reports.workload.nobody")]
          .filter(Boolean)
          .join(" · ")}
      </Text>
    </li>
  );
}
