import { Anchor, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  value: number;
  /** What it counts and that it opens that, for those who hear it. */
  label: string;
  /** The link to what it counts. */
  // biome-ignore lint/suspicious/noExplicitAny: as the library has it.
  link: (props: any) => ReactNode;
}

/** A number that opens what it counts; nothing opens nothing. */
export function Count({ value, label, link }: Props) {
  const { i18n } = useTranslation();
  if (value === 0)
    return (
      <Text span c="dimmed">
        0
      </Text>
    );
  return (
    <Anchor fw={560} aria-label={label} renderRoot={link}>
      {value.toLocaleString(i18n.language)}
    </Anchor>
  );
}
