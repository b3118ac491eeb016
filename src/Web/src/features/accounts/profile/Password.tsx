import { Checkbox, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { attemptText, byField } from "../../../api/errors";
import { begin, renewBy, useViewer } from "../../../api/session";
import { ChangePasswordDocument } from "../../../gql/pages/graphql";
import { SaveRow } from "../../../ui/SaveRow";
import { Section } from "../../../ui/Section";
import { NewPassword } from "../passwords/NewPassword";
import { PasswordField } from "../passwords/PasswordField";
import { passwordLength } from "../passwords/strength";

const empty = { currentPassword: "", newPassword: "", endApiTokens: false };

/** Chooses another password; wherever else one was signed in, one no longer is. */
export function Password() {
  const { t } = useTranslation();
  const { email } = useViewer();
  const [{ fetching }, change] = useMutation(ChangePasswordDocument);
  const [saved, setSaved] = useState(false);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: empty,
    validate: {
      currentPassword: (value) => (value ? null : t("accounts.profile.password.currentNeeded")),
      newPassword: (value) => ([...value].length < passwordLength.least ? t("accounts.passwords.short") : null),
    },
  });

  const submit = async (input: typeof empty) => {
    setRefused(undefined);
    setSaved(false);
    const { data, error } = await renewBy(async (fetch) => {
      const answer = await change({ input }, { fetch });
      if (answer.data) await begin(answer.data.changePassword);
      return answer;
    });
    if (error) {
      return setRefused(attemptText(t, error));
    }
    const { accessToken, errors } = data!.changePassword;
    if (accessToken) {
      form.reset();
      return setSaved(true);
    }
    const { "": general, ...fields } = byField(t, errors, ["currentPassword", "newPassword"]);
    setRefused(general);
    form.setErrors(fields.currentPassword ? { ...fields, currentPassword: t("accounts.profile.password.wrong") } : fields);
  };

  return (
    <Section title={t("accounts.profile.password.title")} lead={t("accounts.profile.password.lead")}>
      <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack>
          {/* So that password managers know whose it is. */}
          <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
          <PasswordField
            label={t("accounts.profile.password.current")}
            autoComplete="current-password"
            {...form.getInputProps("currentPassword")}
          />
          <NewPassword
            label={t("accounts.profile.password.new")}
            {...form.getInputProps("newPassword")}
            value={form.values.newPassword}
          />
          <Checkbox
            label={t("accounts.profile.password.endApiTokens")}
            {...form.getInputProps("endApiTokens", { type: "checkbox" })}
          />
          <SaveRow
            dirty={form.isDirty()}
            saving={fetching}
            saved={saved}
            refused={refused}
            reset={form.reset}
            label={t("accounts.profile.password.submit")}
          />
        </Stack>
      </form>
    </Section>
  );
}
