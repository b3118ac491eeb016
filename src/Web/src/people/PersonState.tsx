import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** A person's state: deactivated, or invited but not here yet; nothing when they take part. */
export function PersonState({ active, joined }: { active: boolean; joined: boolean }) {
  const { t } = useTranslation();
  if (!active)
    return (
      <Badge variant="default" tt="none" c="dimmed">
        {t("people.deactivated")}
      </Badge>
    );
  if (!joined)
    return (
      <Badge variant="light" tt="none" c="var(--status-attention)" bg="var(--status-attention-soft)">
        {t("people.invited")}
      </Badge>
    );
  return null;
}
