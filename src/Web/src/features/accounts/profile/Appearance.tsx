import { Group, SegmentedControl, Stack, Switch, Text, useMantineColorScheme } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage, type Language, languages } from "../../../i18n";
import { setKeys, useKeysSetting } from "../../../ui/keys";
import { Section } from "../../../ui/Section";

/** The language, colours and keys of this browser. */
export function Appearance() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const id = useId();
  const keys = useKeysSetting();
  return (
    <Section title={t("accounts.profile.appearance.title")} lead={t("accounts.profile.appearance.lead")}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Text size="sm" id={`${id}-language`}>
            {t("common.user.language")}
          </Text>
          <SegmentedControl
            size="xs"
            aria-labelledby={`${id}-language`}
            value={i18n.language}
            onChange={(language) => void chooseLanguage(language as Language)}
            data={languages.map((value) => ({ value, label: t(`common.languages.${value}`) }))}
          />
        </Group>
        <Group justify="space-between">
          <Text size="sm" id={`${id}-scheme`}>
            {t("common.user.appearance")}
          </Text>
          <SegmentedControl
            size="xs"
            aria-labelledby={`${id}-scheme`}
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme as typeof colorScheme)}
            data={(["auto", "light", "dark"] as const).map((value) => ({ value, label: t(`common.user.${value}`) }))}
          />
        </Group>
        <Switch
          labelPosition="left"
          label={t("accounts.profile.appearance.keys")}
          description={t("accounts.profile.appearance.keysHint")}
          checked={keys}
          onChange={({ currentTarget }) => setKeys(currentTarget.checked)}
          styles={{ body: { justifyContent: "space-between" } }}
        />
      </Stack>
    </Section>
  );
}
