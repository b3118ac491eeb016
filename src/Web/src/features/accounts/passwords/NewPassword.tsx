import { type PasswordInputProps, Progress, Text } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { PasswordField } from "./PasswordField";
import { strength } from "./strength";

const bars = { short: 10, weak: 30, fair: 65, strong: 100 } as const;
const colors = {
  short: "var(--mantine-color-error)",
  weak: "var(--status-attention)",
  fair: "var(--status-open)",
  strong: "var(--status-answered)",
} as const;

/** Chooses a password, and says how good it is while one types. */
export function NewPassword({ value, ...props }: PasswordInputProps & { value: string }) {
  const { t } = useTranslation();
  const hint = useId();
  const how = strength(value);
  return (
    <div>
      <PasswordField autoComplete="new-password" maxLength={200} {...props} value={value} aria-describedby={hint} />
      <Progress mt={8} size={4} value={value ? bars[how] : 0} color={colors[how]} aria-hidden="true" />
      <Text id={hint} size="xs" c="dimmed" mt={4} aria-live="polite">
        {value ? t(`accounts.passwords.${how}`) : t("accounts.passwords.hint")}
      </Text>
    </div>
  );
}
