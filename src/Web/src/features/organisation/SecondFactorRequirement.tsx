import { Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { type OrganisationPartsFragment, RequireSecondFactorDocument } from "../../gql/pages/graphql";
import { exactTime } from "../../ui/instants";
import { Refused } from "../../ui/Refused";
import { Section } from "../../ui/Section";

const graces = [0, 7, 14, 30] as const;

/** Whether the office requires a second factor of its own people. */
export function SecondFactorRequirement({
  organisation,
  mayEdit,
}: {
  organisation: OrganisationPartsFragment;
  mayEdit: boolean;
}) {
  const { t, i18n } = useTranslation();
  const [{ fetching }, require] = useMutation(RequireSecondFactorDocument);
  const [graceDays, setGrace] = useState(7);
  const [refused, setRefused] = useState<string>();
  const [saved, setSaved] = useState(false);
  const from = organisation.settings.secondFactorRequiredFrom;

  const set = async (isRequired: boolean) => {
    setRefused(undefined);
    setSaved(false);
    const { data, error } = await require({ input: { isRequired, graceDays } });
    const refusal = data?.requireSecondFactor.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal)
      setRefused(
        refusal.reason === "SECOND_FACTOR_IS_MISSING" ? t("organisation.settings.secondFactor.own") : refusalText(t, refusal),
      );
    else setSaved(true);
  };

  return (
    <Section title={t("organisation.settings.secondFactor.section")} lead={t("organisation.settings.secondFactor.lead")}>
      <Stack gap="sm">
        <div>
          <Text fw={560}>{t("organisation.settings.secondFactor.label")}</Text>
          <Text size="sm">
            {from
              ? Date.parse(from) > Date.now()
                ? t("organisation.settings.secondFactor.from", { date: exactTime(Date.parse(from), i18n.language) })
                : t("organisation.settings.secondFactor.since")
              : t("organisation.settings.secondFactor.off")}
          </Text>
          <Text size="xs" c="dimmed" mt={2}>
            {t("organisation.settings.secondFactor.hint")}
          </Text>
        </div>
        {refused && <Refused>{refused}</Refused>}
        {mayEdit && (
          <Group align="end">
            {!from && (
              <NativeSelect
                label={t("organisation.settings.secondFactor.grace")}
                value={String(graceDays)}
                onChange={(event) => setGrace(Number(event.currentTarget.value))}
                data={graces.map((days) => ({
                  value: String(days),
                  label:
                    days === 0
                      ? t("organisation.settings.secondFactor.now")
                      : t("organisation.settings.secondFactor.days", { count: days }),
                }))}
              />
            )}
            <Button variant="default" loading={fetching} onClick={() => void set(!from)}>
              {t(from ? "organisation.settings.secondFactor.stop" : "organisation.settings.secondFactor.require")}
            </Button>
            <Text role="status" size="sm" c="var(--status-answered)">
              {saved && t("organisation.settings.secondFactor.saved")}
            </Text>
          </Group>
        )}
      </Stack>
    </Section>
  );
}
