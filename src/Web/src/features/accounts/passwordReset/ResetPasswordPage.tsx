import { Button, EmptyState, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDocumentTitle } from "@mantine/hooks";
import { IconCheck, IconMailX } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { attemptText, byField } from "../../../api/errors";
import { session } from "../../../api/session";
import { ResetPasswordDocument } from "../../../gql/pages/graphql";
import { AuthFrame } from "../../../ui/AuthFrame";
import { Refused } from "../../../ui/Refused";
import { NewPassword } from "../passwords/NewPassword";
import { passwordLength } from "../passwords/strength";
import { SignedInNotice } from "../SignedInNotice";

/** Chooses another password: from the link of a mail, whose token is in the fragment and so reaches no log of a server. */
export function ResetPasswordPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("accounts.reset.title")} · ${t("common.product")}`);
  const token = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get("token") ?? "" });
  const [state, setState] = useState<"asked" | "invalid" | "done">(token === "" ? "invalid" : "asked");
  // Whoever is signed in here may be somebody else: they stay, and are told whose password this is.
  const viewer = session()?.viewer;
  return (
    <AuthFrame
      width={420}
      notice={
        viewer &&
        state === "asked" && <SignedInNotice>{t("accounts.reset.signedIn", { name: viewer.displayName })}</SignedInNotice>
      }
    >
      {state === "invalid" && (
        <EmptyState
          role="alert"
          icon={<IconMailX stroke={1.5} />}
          title={<Title order={1}>{t("accounts.reset.invalid")}</Title>}
          description={t("accounts.reset.invalidText")}
        >
          <EmptyState.Actions>
            <Button renderRoot={(props) => <Link to="/forgot-password" {...props} />}>{t("accounts.reset.askAgain")}</Button>
          </EmptyState.Actions>
        </EmptyState>
      )}
      {state === "done" && (
        <EmptyState
          role="status"
          icon={<IconCheck stroke={1.5} />}
          title={<Title order={1}>{t("accounts.reset.done")}</Title>}
          description={t("accounts.reset.doneText")}
        >
          <EmptyState.Actions>
            <Button renderRoot={(props) => <Link to="/sign-in" {...props} />}>{t("accounts.invitation.signIn")}</Button>
          </EmptyState.Actions>
        </EmptyState>
      )}
      {state === "asked" && <Choose token={token} end={setState} />}
    </AuthFrame>
  );
}

function Choose({ token, end }: { token: string; end: (how: "invalid" | "done") => void }) {
  const { t } = useTranslation();
  const [{ fetching }, reset] = useMutation(ResetPasswordDocument);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (value) => ([...value].length < passwordLength.least ? t("accounts.passwords.short") : null) },
  });

  const submit = async ({ password }: typeof form.values) => {
    setRefused(undefined);
    const { data, error } = await reset({ input: { token, password } });
    if (error) {
      return setRefused(attemptText(t, error));
    }
    const { errors } = data!.resetPassword;
    if (errors.length === 0) return end("done");
    const { password: weak } = byField(t, errors, ["password"]);
    if (weak) form.setErrors({ password: weak });
    else end("invalid");
  };

  return (
    <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <div>
          <Title order={1}>{t("accounts.reset.title")}</Title>
          <Text c="dimmed" size="sm" mt={4}>
            {t("accounts.reset.lead")}
          </Text>
        </div>
        {refused && <Refused>{refused}</Refused>}
        <NewPassword
          label={t("accounts.reset.password")}
          size="md"
          required
          withAsterisk={false}
          autoFocus
          {...form.getInputProps("password")}
          value={form.values.password}
        />
        <Button type="submit" size="md" loading={fetching}>
          {t("accounts.reset.submit")}
        </Button>
      </Stack>
    </form>
  );
}
