import { Alert, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailForward } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";
import { attemptText, byField, failureText, refusalText } from "../../../api/errors";
import {
  ProfileDocument,
  type ProfileQuery,
  RequestEmailChangeDocument,
  WithdrawOwnEmailChangeDocument,
} from "../../../gql/pages/graphql";
import { MailProblem } from "../../../people/MailProblem";
import { isEmail } from "../../../ui/email";
import { SaveRow } from "../../../ui/SaveRow";
import { Section } from "../../../ui/Section";
import { PasswordField } from "../passwords/PasswordField";

/** The pause before asking again what has become of the link, in ms: nothing tells of it. */
const pause = 10_000;

const empty = { email: "", currentPassword: "" };

/** The viewer's address: another one is asked for with the password, and counts once the mail to it was confirmed. */
export function Email({ viewer }: { viewer: ProfileQuery["viewer"] }) {
  const { t } = useTranslation();
  const [{ fetching }, request] = useMutation(RequestEmailChangeDocument);
  const [{ fetching: withdrawing }, withdraw] = useMutation(WithdrawOwnEmailChangeDocument);
  const [refused, setRefused] = useState<string>();
  const form = useForm({
    initialValues: empty,
    validate: {
      email: (value) => (isEmail(value) ? null : t("people.emailInvalid")),
      currentPassword: (value) => (value ? null : t("accounts.profile.password.currentNeeded")),
    },
  });

  const waits = viewer.emailChange && !viewer.emailChange.mailProblem;
  const client = useClient();
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible")
        void client.query(ProfileDocument, {}, { requestPolicy: "network-only" }).toPromise();
    }, pause);
    return () => clearInterval(timer);
  }, [client, waits]);

  const submit = async ({ email, currentPassword }: typeof empty) => {
    setRefused(undefined);
    const { data, error } = await request({ input: { email: email.trim(), currentPassword } });
    if (error) {
      return setRefused(attemptText(t, error));
    }
    const { errors } = data!.requestEmailChange;
    if (errors.length === 0) return form.reset();
    const { "": general, ...fields } = byField(t, errors, ["email", "currentPassword"]);
    setRefused(general);
    const wrong = errors.some(({ code, path }) => code === "INVALID" && path?.includes("currentPassword"));
    const invalid = errors.some(({ code, path }) => code === "INVALID" && path?.includes("email"));
    form.setErrors({
      ...fields,
      ...(wrong && { currentPassword: t("accounts.profile.password.wrong") }),
      ...(invalid && { email: t("people.emailInvalid") }),
    });
  };
  const keep = async () => {
    setRefused(undefined);
    const { data, error } = await withdraw({});
    const refusal = data?.withdrawEmailChange.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
  };

  return (
    <Section title={t("accounts.profile.email.title")} lead={t("accounts.profile.email.lead")}>
      <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack>
          <TextInput label={t("accounts.profile.email.now")} value={viewer.email} readOnly variant="filled" />
          {viewer.emailChange && (
            <Alert
              role="status"
              variant="light"
              color="gray"
              icon={<IconMailForward />}
              styles={{ message: { color: "var(--mantine-color-text)", overflowWrap: "anywhere" } }}
            >
              <Stack gap="sm" align="start">
                {t(viewer.emailChange.mailProblem ? "accounts.profile.email.lost" : "accounts.profile.email.waits", {
                  email: viewer.emailChange.email,
                })}
                <MailProblem problem={viewer.emailChange.mailProblem} />
                <Button size="xs" variant="default" loading={withdrawing} onClick={() => void keep()}>
                  {t("accounts.profile.email.withdraw")}
                </Button>
              </Stack>
            </Alert>
          )}
          <TextInput
            label={t("accounts.profile.email.new")}
            type="email"
            autoComplete="email"
            maxLength={320}
            {...form.getInputProps("email")}
          />
          <PasswordField
            label={t("accounts.profile.email.password")}
            autoComplete="current-password"
            {...form.getInputProps("currentPassword")}
          />
          <SaveRow
            dirty={form.isDirty()}
            saving={fetching}
            saved={false}
            refused={refused}
            reset={form.reset}
            label={t("accounts.profile.email.submit")}
          />
        </Stack>
      </form>
    </Section>
  );
}
