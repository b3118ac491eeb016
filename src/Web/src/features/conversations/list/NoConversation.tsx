import { Center, EmptyState } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Beside the list, when nothing of it was chosen. */
export function NoConversation() {
  const { t } = useTranslation();
  return (
    <Center h="100%" p="xl">
      <EmptyState
        icon={<IconMessages stroke={1.3} />}
        title={t("conversations.none.title")}
        description={t("conversations.none.text")}
        maw={420}
      />
    </Center>
  );
}
