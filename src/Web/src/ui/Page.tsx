import { Container, Group, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  /** The actions at the title's side. */
  actions?: ReactNode;
  children?: ReactNode;
  /** As wide as a table needs it; else as wide as one reads well. */
  wide?: boolean;
}

/** A page that is one column under a title, which also names the browser's tab. */
export function Page({ title, actions, children, wide = false }: Props) {
  const { t } = useTranslation();
  useDocumentTitle(`${title} · ${t("common.product")}`);
  return (
    <Container size={wide ? "xl" : "sm"} px={{ base: "md", sm: "xl" }} py={{ base: "md", sm: "xl" }}>
      <Group justify="space-between" mb="lg">
        <Title order={1}>{title}</Title>
        {actions}
      </Group>
      {children}
    </Container>
  );
}
