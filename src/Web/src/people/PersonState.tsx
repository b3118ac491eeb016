import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Time } from "../ui/Time";

interface Props {
  person: {
    active: boolean;
    joined: boolean;
    isRestricted: boolean;
    isErased: boolean;
    invitedAt?: string | null;
    invitationExpiresAt?: string | null;
  };
}

/** A person's state: gone, or invited but not here yet, and since when; nothing when they take part. */
export function PersonState({ person }: Props) {
  const { t } = useTranslation();
  const { active, joined, isRestricted, isErased, invitedAt, invitationExpiresAt } = person;
  if (!active)
    return (
      <Badge variant="default" tt="none" c="dimmed">
        {t(isErased ? "people.erased" : isRestricted ? "people.restricted" : joined ? "people.deactivated" : "people.withdrawn")}
      </Badge>
    );
  if (joined) return null;
  const expired = invitationExpiresAt != null && Date.parse(invitationExpiresAt) < Date.now();
  return (
    <Badge variant="light" tt="none" c="var(--status-attention)" bg="var(--status-attention-soft)">
      {t(invitedAt === null ? "people.notInvited" : expired ? "people.invitationExpired" : "people.invited")}
      {invitedAt && (
        <>
          {" · "}
          <Time at={invitedAt} />
        </>
      )}
    </Badge>
  );
}
