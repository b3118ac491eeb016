import { Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { byField, failureText } from "../../../api/errors";
import { UpdateProfileDocument, type ViewerPartsFragment } from "../../../gql/pages/graphql";
import { languages } from "../../../i18n";
import { LeaveGuard } from "../../../ui/LeaveGuard";
import { SaveRow } from "../../../ui/SaveRow";
import { Section } from "../../../ui/Section";
import { isVisible } from "../../../ui/visible";

/** The viewer's name and the language of their mails. */
export function Personal({ viewer }: { viewer: ViewerPartsFragment }) {
  const { t } = useTranslation();
  const [{ fetching }, update] = useMutation(UpdateProfileDocument);
  const [saved, setSaved] = useState(false);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: { displayName: viewer.displayName, locale: viewer.locale },
    validate: { displayName: (value) => (isVisible(value) ? null : t("accounts.profile.nameNeeded")) },
  });

  const submit = async ({ displayName, locale }: typeof form.values) => {
    setRefused(undefined);
    setSaved(false);
    const { data, error } = await update({ input: { displayName: displayName.trim(), locale } });
    if (error) return setRefused(failureText(t, error));
    const { errors, viewer: now } = data!.updateProfile;
    const { "": general, ...fields } = byField(t, errors, ["displayName", "locale"]);
    setRefused(general);
    form.setErrors(fields);
    if (errors.length > 0) return;
    const values = { displayName: now.displayName, locale: now.locale };
    form.setInitialValues(values);
    form.setValues(values);
    setSaved(true);
  };

  return (
    <Section title={t("accounts.profile.personal.title")}>
      <LeaveGuard when={form.isDirty()} />
      <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack>
          <TextInput
            label={t("accounts.profile.personal.name")}
            description={t("accounts.profile.personal.nameHint")}
            autoComplete="name"
            maxLength={100}
            {...form.getInputProps("displayName")}
          />
          <Select
            label={t("accounts.profile.personal.locale")}
            description={t("accounts.profile.personal.localeHint")}
            data={languages.map((value) => ({ value, label: t(`common.languages.${value}`) }))}
            allowDeselect={false}
            {...form.getInputProps("locale")}
          />
          <SaveRow dirty={form.isDirty()} saving={fetching} saved={saved} refused={refused} reset={form.reset} />
        </Stack>
      </form>
    </Section>
  );
}
