import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { AbsencePartsFragment } from "../gql/pages/graphql";
import { day } from "../ui/day";

/** That somebody is away, or is going to be, and who stands in for them; nothing where they are not. */
export function Absence({ absence }: { absence?: AbsencePartsFragment | null }) {
  const { t } = useTranslation();
  if (!absence) return null;
  const { from, to, isNow, deputy } = absence;
  const missing = deputy && !(deputy.active && deputy.role === "ADMINISTRATOR");
  return (
    <Text size="sm" c="var(--status-attention)">
      {isNow ? t("people.absence.until", { to: day(to) }) : t("people.absence.fromTo", { from: day(from), to: day(to) })}
      {", "}
      {!deputy
        ? t("people.absence.noDeputy")
        : t(missing ? "people.absence.deputyLeft" : "people.absence.deputy", { name: deputy.displayName })}
    </Text>
  );
}
