import { Anchor, Button, EmptyState, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDocumentTitle } from "@mantine/hooks";
import { IconMailX } from "@tabler/icons-react";
import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";
import { attemptText, byField } from "../../../api/errors";
import { begin, session } from "../../../api/session";
import { AcceptInvitationDocument, type AcceptInvitationMutation, UpdateProfileDocument } from "../../../gql/pages/graphql";
import { AuthFrame } from "../../../ui/AuthFrame";
import { Refused } from "../../../ui/Refused";
import { isVisible } from "../../../ui/visible";
import { NewPassword } from "../passwords/NewPassword";
import { PasswordField } from "../passwords/PasswordField";
import { passwordLength } from "../passwords/strength";
import { SignedInNotice } from "../SignedInNotice";
import { SecondStep } from "../secondFactor/SecondStep";

/** Takes an invitation up: from the link of its mail, whose token is in the fragment and so reaches no log of a server. */
export function InvitationPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("accounts.invitation.title")} · ${t("common.product")}`);
  const token = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get("token") ?? "" });
  const [invalid, setInvalid] = useState<"invalid" | "withdrawn" | undefined>(token === "" ? "invalid" : undefined);
  // Whoever is signed in when the link is opened; afterwards it is whoever has taken the invitation up.
  const [viewer] = useState(() => session()?.viewer);
  return (
    <AuthFrame
      width={420}
      notice={
        viewer && !invalid && <SignedInNotice>{t("accounts.invitation.signedIn", { name: viewer.displayName })}</SignedInNotice>
      }
    >
      {invalid ? (
        <EmptyState
          role="alert"
          icon={<IconMailX stroke={1.5} />}
          title={<Title order={1}>{t(`accounts.invitation.${invalid}`)}</Title>}
          description={t(`accounts.invitation.${invalid}Text`)}
        >
          <EmptyState.Actions>
            <Button variant="default" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
              {t("accounts.invitation.signIn")}
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <Accept token={token} refuse={setInvalid} />
      )}
    </AuthFrame>
  );
}

function Accept({ token, refuse }: { token: string; refuse: (why: "invalid" | "withdrawn") => void }) {
  const { t } = useTranslation();
  const router = useRouter();
  const client = useClient();
  const [{ fetching }, accept] = useMutation(AcceptInvitationDocument);
  const [refused, setRefused] = useState<string>();
  // Nobody but the owner of the address is told whether it has an account: they say so themselves. Whoever is signed in here likely has one.
  const [existing, setExisting] = useState(session() !== undefined);
  const [challenge, setChallenge] = useState<AcceptInvitationMutation["acceptInvitation"]["challenge"]>(null);
  const form = useForm({
    initialValues: { name: "", password: "" },
    validate: {
      password: (value) => {
        if (existing) return value ? null : t("accounts.invitation.passwordNeeded");
        return [...value].length < passwordLength.least ? t("accounts.passwords.short") : null;
      },
    },
  });
  const turn = () => {
    setExisting(!existing);
    setRefused(undefined);
    form.setFieldValue("password", "");
    form.clearErrors();
  };

  const submit = async ({ name, password }: typeof form.values) => {
    setRefused(undefined);
    const { data, error } = await accept({ input: { token, password, cookie: true, existingAccount: existing } });
    if (error) {
      return setRefused(attemptText(t, error));
    }
    const { errors, challenge: asked } = data!.acceptInvitation;
    if (asked) return setChallenge(asked);
    if (!(await begin(data!.acceptInvitation))) {
      const { password: weak } = byField(t, errors, ["password"]);
      if (weak) form.setErrors({ password: existing ? t("accounts.invitation.wrong") : weak });
      else refuse(errors.some(({ reason }) => reason === "INVITATION_IS_WITHDRAWN") ? "withdrawn" : "invalid");
      return;
    }
    await enter(name);
  };

  const enter = async (name: string) => {
    // With what this page has a client for, the token is sent from here on. Should it fail, the name of the invitation stays.
    if (isVisible(name)) await client.mutation(UpdateProfileDocument, { input: { displayName: name.trim() } }).toPromise();
    await router.navigate({ to: "/conversations", replace: true });
  };

  if (challenge)
    return (
      <SecondStep
        challenge={challenge}
        done={async (answer) => {
          if (await begin(answer)) await enter(form.values.name);
        }}
        back={() => void router.navigate({ to: "/sign-in", replace: true })}
      />
    );

  return (
    <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <div>
          <Title order={1}>{t("accounts.invitation.title")}</Title>
          <Text c="dimmed" size="sm" mt={4}>
            {t(existing ? "accounts.invitation.existingLead" : "accounts.invitation.lead")}
          </Text>
        </div>
        {refused && <Refused>{refused}</Refused>}
        <TextInput
          label={t("accounts.invitation.name")}
          description={t("accounts.invitation.nameHint")}
          autoComplete="name"
          maxLength={100}
          size="md"
          {...form.getInputProps("name")}
        />
        {existing ? (
          <PasswordField
            label={t("accounts.invitation.existingPassword")}
            autoComplete="current-password"
            size="md"
            {...form.getInputProps("password")}
          />
        ) : (
          <NewPassword
            label={t("accounts.invitation.password")}
            size="md"
            required
            withAsterisk={false}
            {...form.getInputProps("password")}
            value={form.values.password}
          />
        )}
        <Button type="submit" size="md" loading={fetching}>
          {t("accounts.invitation.submit")}
        </Button>
        <Anchor component="button" type="button" size="sm" ta="center" onClick={turn}>
          {t(existing ? "accounts.invitation.choose" : "accounts.invitation.existing")}
        </Anchor>
      </Stack>
    </form>
  );
}
