import { Alert, Button, Code, CopyButton, Group, SimpleGrid, Stack } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface Props {
  codes: readonly string[];
  done: () => void;
}

/** Recovery codes, shown this once. */
export function RecoveryCodes({ codes, done }: Props) {
  const { t } = useTranslation();
  const text = codes.join("\n");
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${t("accounts.secondFactor.codes.title")}\n\n${text}\n`], { type: "text/plain" }));
    link.download = t("accounts.secondFactor.codes.file");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
  };
  return (
    <Stack>
      <Alert role="status" color="yellow" variant="light" styles={{ message: { color: "var(--mantine-color-text)" } }}>
        {t("accounts.secondFactor.codes.onlyNow")}
      </Alert>
      <SimpleGrid
        cols={{ base: 1, xs: 2 }}
        spacing="xs"
        component="ul"
        p={0}
        m={0}
        aria-label={t("accounts.secondFactor.codes.title")}
      >
        {codes.map((code) => (
          <li key={code} style={{ listStyle: "none" }}>
            <Code fz="md">{code}</Code>
          </li>
        ))}
      </SimpleGrid>
      <Group justify="end">
        <Button variant="default" leftSection={<IconDownload size={16} />} onClick={save}>
          {t("accounts.secondFactor.codes.save")}
        </Button>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
              onClick={copy}
              aria-live="polite"
            >
              {t(copied ? "accounts.tokens.copied" : "accounts.tokens.copy")}
            </Button>
          )}
        </CopyButton>
        <Button onClick={done}>{t("accounts.secondFactor.codes.done")}</Button>
      </Group>
    </Stack>
  );
}
