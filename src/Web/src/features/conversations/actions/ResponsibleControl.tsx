import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AdministratorSelect } from "../choices";
import { useAdministrators } from "../useAdministrators";
import { useBulk } from "./useBulk";

interface Props {
  conversation: { id: string; responsibleAdministrator: { id: string; displayName: string } | null };
}

/** Says who takes the conversation on, and changes it. */
export function ResponsibleControl({ conversation }: Props) {
  const { t } = useTranslation();
  const administrators = useAdministrators();
  const { assign } = useBulk();
  const [busy, setBusy] = useState(false);
  const current = conversation.responsibleAdministrator;
  // Former administrators may still be responsible for what they took on.
  const left =
    current && !administrators.some(({ id }) => id === current.id)
      ? [
          {
            value: current.id,
            // Before the others are known, nobody has left.
            label:
              administrators.length > 0
                ? t("conversations.responsible.left", { name: current.displayName })
                : current.displayName,
          },
        ]
      : [];

  const change = async (id: string | null) => {
    setBusy(true);
    await assign(
      [conversation.id],
      administrators.find((administrator) => administrator.id === id),
    );
    setBusy(false);
  };

  return (
    <AdministratorSelect
      size="xs"
      w={190}
      aria-label={t("conversations.responsible.label")}
      placeholder={t("conversations.responsible.nobody")}
      extra={left}
      clearable
      clearButtonProps={{ "aria-label": t("conversations.responsible.nobody") }}
      disabled={busy}
      value={current?.id ?? null}
      onChange={(id) => void change(id)}
    />
  );
}
