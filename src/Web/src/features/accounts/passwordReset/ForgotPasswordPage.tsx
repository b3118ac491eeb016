import { Anchor, Button, EmptyState, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDocumentTitle } from "@mantine/hooks";
import { IconMailForward } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText } from "../../../api/errors";
import { RequestPasswordResetDocument } from "../../../gql/pages/graphql";
import { AuthFrame } from "../../../ui/AuthFrame";
import { Refused } from "../../../ui/Refused";

/** Asks for the link by which somebody who forgot their password chooses another. What it says is the same whoever asks. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("accounts.forgot.title")} · ${t("common.product")}`);
  const [{ fetching }, request] = useMutation(RequestPasswordResetDocument);
  const [refused, setRefused] = useState<string>();
  const [asked, setAsked] = useState<string>();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (value) => (value.trim() ? null : t("accounts.signIn.emailNeeded")) },
  });

  const submit = async ({ email }: typeof form.values) => {
    setRefused(undefined);
    const { data, error } = await request({ input: { email: email.trim() } });
    if (error) {
      const tooMany = error.graphQLErrors.some(({ extensions }) => extensions.code === "RATE_LIMITED");
      return setRefused(tooMany ? t("accounts.forgot.tooMany") : failureText(t, error));
    }
    // There is one field to be wrong.
    if (data!.requestPasswordReset.errors.length > 0) form.setErrors({ email: t("people.emailInvalid") });
    else setAsked(email.trim());
  };

  return (
    <AuthFrame width={420}>
      {asked ? (
        <EmptyState
          role="status"
          icon={<IconMailForward stroke={1.5} />}
          title={<Title order={1}>{t("accounts.forgot.asked")}</Title>}
          description={t("accounts.forgot.askedText", { email: asked })}
        >
          <EmptyState.Actions>
            <Button variant="default" onClick={() => setAsked(undefined)}>
              {t("accounts.forgot.again")}
            </Button>
            <Button renderRoot={(props) => <Link to="/sign-in" {...props} />}>{t("accounts.invitation.signIn")}</Button>
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
          <Stack>
            <div>
              <Title order={1}>{t("accounts.forgot.title")}</Title>
              <Text c="dimmed" size="sm" mt={4}>
                {t("accounts.forgot.lead")}
              </Text>
            </div>
            {refused && <Refused>{refused}</Refused>}
            <TextInput
              label={t("accounts.signIn.email")}
              type="email"
              autoComplete="username"
              size="md"
              maxLength={320}
              autoFocus
              {...form.getInputProps("email")}
            />
            <Button type="submit" size="md" loading={fetching}>
              {t("accounts.forgot.submit")}
            </Button>
            <Anchor size="sm" ta="center" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
              {t("accounts.invitation.signIn")}
            </Anchor>
          </Stack>
        </form>
      )}
    </AuthFrame>
  );
}
