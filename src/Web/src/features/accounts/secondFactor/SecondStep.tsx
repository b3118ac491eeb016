import { Anchor, Button, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText } from "../../../api/errors";
import type { SignedIn } from "../../../api/session";
import type { SignInMutation } from "../../../gql/graphql";
import { CompleteSignInDocument, type CompleteSignInInput } from "../../../gql/pages/graphql";
import { Refused } from "../../../ui/Refused";
import { AddFactor } from "./AddFactor";
import { CodeField } from "./CodeField";
import { askPasskey, hasPasskeys } from "./passkeys";
import { RecoveryCodes } from "./RecoveryCodes";

interface Props {
  challenge: NonNullable<SignInMutation["signIn"]["challenge"]>;
  /** Somebody has signed in. */
  done: (answer: SignedIn) => void;
  /** Begins again with the password. */
  back: () => void;
}

/** The second step of a sign-in: a code, a passkey or a recovery code; or the factor that is missing is added. */
export function SecondStep({ challenge, done, back }: Props) {
  const { t } = useTranslation();
  const [{ fetching }, complete] = useMutation(CompleteSignInDocument);
  const { kinds, passkeyOptions, token } = challenge;
  const mayAsk = passkeyOptions !== null && hasPasskeys();
  const [recovering, setRecovering] = useState(!kinds.includes("AUTHENTICATOR") && !mayAsk);
  const [refused, setRefused] = useState<string>();
  const [ended, setEnded] = useState(false);
  const [added, setAdded] = useState<{ codes: readonly string[]; answer: SignedIn }>();

  const answer = async (given: Omit<CompleteSignInInput, "challenge" | "cookie">) => {
    setRefused(undefined);
    const { data, error } = await complete({ input: { ...given, challenge: token, cookie: true } });
    if (error) {
      const tooMany = error.graphQLErrors.some(({ extensions }) => extensions.code === "RATE_LIMITED");
      return setRefused(tooMany ? t("accounts.secondFactor.tooMany") : failureText(t, error));
    }
    const { errors, accessToken } = data!.completeSignIn;
    if (accessToken) return done(data!.completeSignIn);
    setEnded(errors.some(({ code }) => code !== "INVALID"));
    setRefused(
      t(errors.some(({ code }) => code !== "INVALID") ? "accounts.secondFactor.ended" : "accounts.secondFactor.wrongCode"),
    );
  };

  const passkey = async () => {
    setRefused(undefined);
    const response = await askPasskey(passkeyOptions!);
    if (response) await answer({ passkey: response });
    else setRefused(t("accounts.secondFactor.passkey.none"));
  };

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget).get("code")).trim();
    if (!given) setRefused(t("accounts.secondFactor.codeNeeded"));
    else void answer(recovering ? { recoveryCode: given } : { code: given });
  };

  if (added)
    return (
      <Stack>
        <Title order={1} ref={focusOn} tabIndex={-1}>
          {t("accounts.secondFactor.codes.title")}
        </Title>
        <RecoveryCodes codes={added.codes} done={() => done(added.answer)} />
      </Stack>
    );

  if (kinds.length === 0)
    return (
      <Stack>
        <div>
          <Title order={1} ref={focusOn} tabIndex={-1}>
            {t("accounts.secondFactor.missing.title")}
          </Title>
          <Text c="dimmed" size="sm" mt={4}>
            {t("accounts.secondFactor.missing.lead")}
          </Text>
        </div>
        <AddFactor
          challenge={token}
          onAdded={(parts) =>
            parts.recoveryCodes.length > 0 ? setAdded({ codes: parts.recoveryCodes, answer: parts }) : done(parts)
          }
        />
        <Button variant="subtle" onClick={back}>
          {t("accounts.signIn.choose.back")}
        </Button>
      </Stack>
    );

  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <div>
          <Title order={1} ref={focusOn} tabIndex={-1}>
            {t("accounts.secondFactor.step.title")}
          </Title>
          <Text c="dimmed" size="sm" mt={4}>
            {t(
              recovering
                ? "accounts.secondFactor.step.recovery"
                : kinds.includes("AUTHENTICATOR")
                  ? "accounts.secondFactor.step.app"
                  : "accounts.secondFactor.step.passkey",
            )}
          </Text>
        </div>
        {refused && <Refused>{refused}</Refused>}
        {!ended && mayAsk && !recovering && (
          <Button
            size="md"
            leftSection={<IconFingerprint size={18} />}
            disabled={fetching}
            variant={kinds.includes("AUTHENTICATOR") ? "default" : "filled"}
            onClick={() => void passkey()}
          >
            {t("accounts.secondFactor.passkey.use")}
          </Button>
        )}
        {!ended && recovering && (
          <TextInput
            key="recovery"
            label={t("accounts.secondFactor.recoveryCode")}
            name="code"
            size="md"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={40}
            autoFocus
          />
        )}
        {!ended && !recovering && kinds.includes("AUTHENTICATOR") && (
          <CodeField key="code" label={t("accounts.secondFactor.code")} name="code" autoFocus />
        )}
        {!ended && (recovering || kinds.includes("AUTHENTICATOR")) && (
          <Button type="submit" size="md" loading={fetching}>
            {t("accounts.signIn.submit")}
          </Button>
        )}
        {!ended && (
          <Anchor component="button" type="button" size="sm" ta="center" onClick={() => setRecovering(!recovering)}>
            {t(recovering ? "accounts.secondFactor.step.withFactor" : "accounts.secondFactor.step.lost")}
          </Anchor>
        )}
        {recovering && !ended && (
          <Text size="xs" c="dimmed">
            {t("accounts.secondFactor.step.noCodes")}
          </Text>
        )}
        <Button variant={ended ? "filled" : "default"} onClick={back}>
          {t("accounts.secondFactor.step.again")}
        </Button>
      </Stack>
    </form>
  );
}

// The form is gone from the screen: the focus tells screen readers what is there instead.
const focusOn = (element: HTMLElement | null) => element?.focus();
