import { Anchor, Box, Card, Center, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, languages } from "../i18n";
import { Logo } from "./Logo";

interface Props {
  /** The largest width, in px. */
  width: number;
  /** Above the card: why one is here. */
  notice?: ReactNode;
  /** In the card. */
  children: ReactNode;
  /** Below the card. */
  others?: ReactNode;
}

/** The frame of pages that need nobody to be signed in: a card under the product's name, above the choice of a language. */
export function AuthFrame({ width, notice, children, others }: Props) {
  const { t, i18n } = useTranslation();
  return (
    <Center component="main" mih="100%" bg="var(--surface-sunken)" p="md">
      <Box w="100%" maw={width} py="xl">
        <Stack gap="lg">
          <Group gap="sm">
            <Logo size={36} />
            <Text fw={650} fz="lg">
              {t("common.product")}
            </Text>
          </Group>
          {notice}
          {/* Addresses are longer than a phone is wide. */}
          <Card withBorder padding="xl" radius="lg" shadow="xs" bg="var(--surface)" style={{ overflowWrap: "anywhere" }}>
            {children}
          </Card>
          {others}
          <Group gap="md" justify="center">
            {languages.map((language) => (
              <Anchor
                key={language}
                component="button"
                type="button"
                size="sm"
                lang={language}
                c={language === i18n.language ? undefined : "dimmed"}
                aria-current={language === i18n.language}
                onClick={() => void chooseLanguage(language)}
              >
                {t(`common.languages.${language}`)}
              </Anchor>
            ))}
          </Group>
        </Stack>
      </Box>
    </Center>
  );
}
