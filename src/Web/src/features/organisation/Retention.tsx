import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { ChangeRetentionDocument, type OrganisationPartsFragment } from "../../gql/pages/graphql";
import { Refused } from "../../ui/Refused";
import { Section } from "../../ui/Section";
import { yearsOf } from "./retentionForm";

const terms = ["mandateYears", "commentYears", "fileYears"] as const;

/** The years that what there is of a customer is kept. */
export function Retention({ organisation, mayEdit }: { organisation: OrganisationPartsFragment; mayEdit: boolean }) {
  const { t } = useTranslation();
  const { retention } = organisation.settings;
  const [{ fetching }, change] = useMutation(ChangeRetentionDocument);
  const [values, setValues] = useState(() => ({
    mandateYears: String(retention.mandateYears),
    commentYears: String(retention.commentYears),
    fileYears: String(retention.fileYears),
  }));
  const [refused, setRefused] = useState<string>();
  const [saved, setSaved] = useState(false);

  const save = async () => {
    setSaved(false);
    const [mandateYears, commentYears, fileYears] = terms.map((term) => yearsOf(values[term]));
    if (mandateYears === undefined || commentYears === undefined || fileYears === undefined)
      return setRefused(t("organisation.settings.retention.problem"));
    setRefused(undefined);
    const { data, error } = await change({ input: { mandateYears, commentYears, fileYears } });
    const refusal = data?.changeRetention.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else setSaved(true);
  };

  return (
    <Section title={t("organisation.settings.retention.section")} lead={t("organisation.settings.retention.lead")}>
      <Stack gap="sm">
        {terms.map((term) => (
          <TextInput
            key={term}
            type="number"
            min={0}
            max={30}
            w="16em"
            label={t(`organisation.settings.retention.${term}`)}
            readOnly={!mayEdit}
            value={values[term]}
            onChange={(event) => {
              setSaved(false);
              setValues({ ...values, [term]: event.currentTarget.value });
            }}
          />
        ))}
        <Text size="xs" c="dimmed">
          {t("organisation.settings.retention.hint")}
        </Text>
        {refused && <Refused>{refused}</Refused>}
        {mayEdit && (
          <Group>
            <Button variant="default" loading={fetching} onClick={() => void save()}>
              {t("organisation.settings.retention.save")}
            </Button>
            <Text role="status" size="sm" c="var(--status-answered)">
              {saved && t("organisation.settings.retention.saved")}
            </Text>
          </Group>
        )}
      </Stack>
    </Section>
  );
}
