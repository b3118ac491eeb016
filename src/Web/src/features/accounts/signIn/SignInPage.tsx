import { Alert, Anchor, Button, Card, NavLink, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconBuilding, IconClockPause, IconFingerprint, IconLogout2, IconUser } from "@tabler/icons-react";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, lazy, Suspense, useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";
import { attemptText, failureText } from "../../../api/errors";
import { begin, type SignedIn, session, sessionEnd, signedOut } from "../../../api/session";
import { nothingToldYet, type Settings, serverSettings } from "../../../api/settings";
import { SignInDocument, type SignInInput, type SignInMutation } from "../../../gql/graphql";
import { pageTexts } from "../../../i18n";
import { AuthFrame } from "../../../ui/AuthFrame";
import { Refused } from "../../../ui/Refused";
import { PasswordField } from "../passwords/PasswordField";
import type { PasskeySignIn } from "../secondFactor/signInWithPasskey";

// Few come to a second step: it is not there before.
const SecondStep = lazy(async () => {
  const [{ SecondStep: step }] = await Promise.all([import("../secondFactor/SecondStep"), pageTexts()]);
  return { default: step };
});

/** Signing in with an address and a password; in Development by one click as a demo account. */
export function SignInPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("accounts.signIn.title")} · ${t("common.product")}`);
  const router = useRouter();
  const { to } = useSearch({ from: "/sign-in" });
  const client = useClient();
  const [{ fetching }, signIn] = useMutation(SignInDocument);
  const [refused, setRefused] = useState<string>();
  const [server, setServer] = useState<Settings>(nothingToldYet);
  const [busy, setBusy] = useState(false);
  const [challenge, setChallenge] = useState<SignInMutation["signIn"]["challenge"]>(null);
  const [missing, setMissing] = useState<{ email?: string; password?: string }>({});
  const [choice, setChoice] = useState<{ input: SignInInput; accounts: SignInMutation["signIn"]["accounts"] }>();

  useEffect(() => {
    void serverSettings().then(setServer);
  }, []);

  const enter = async (answer: SignedIn) => {
    if (await begin(answer)) await router.navigate({ href: to ?? "/conversations", replace: true });
  };

  const passkeyAnswered = async ({ answer, refusal }: PasskeySignIn) => {
    if (answer) await enter(answer);
    else if (refusal) setRefused(refusal === "refused" ? t("accounts.signIn.passkeyRefused") : failureText(t, refusal));
  };

  const withPasskey = async () => {
    setRefused(undefined);
    setBusy(true);
    const { signInWithPasskey } = await import("../secondFactor/signInWithPasskey");
    const result = await signInWithPasskey(client);
    setBusy(false);
    await passkeyAnswered(result);
  };

  // Passkeys are offered with the addresses that the browser knows, too, but while a window asks for one.
  const hasPasskeys = server.passkeys && window.isSecureContext && "PublicKeyCredential" in window;
  const chosen = useEffectEvent(passkeyAnswered);
  const offers = hasPasskeys && !busy && !challenge && !choice;
  useEffect(() => {
    if (!offers || session()) return;
    let left = false;
    let stop: (() => void) | undefined;
    void PublicKeyCredential.isConditionalMediationAvailable?.().then(async (available) => {
      if (!available || left) return;
      const { offerPasskeys } = await import("../secondFactor/signInWithPasskey");
      if (!left) stop = offerPasskeys(client, (result) => void chosen(result));
    });
    return () => {
      left = true;
      stop?.();
    };
  }, [offers, client]);

  const withIssuer = async () => {
    setBusy(true);
    const { goToIssuer } = await import("../issuer/issuer");
    await goToIssuer(server.issuer!, to);
  };

  const submit = async (input: SignInInput) => {
    setRefused(undefined);
    // A sign-out that reaches the server after this sign-in would take its cookie away.
    await signedOut();
    const { data, error } = await signIn({ input: { ...input, cookie: true, chooseOrganisation: true, lastUsed: true } });
    if (data?.signIn.accessToken) {
      await enter(data.signIn);
    } else if (error) {
      setRefused(attemptText(t, error));
    } else if (data?.signIn.challenge) {
      setChallenge(data.signIn.challenge);
    } else if (data && data.signIn.accounts.length > 1) {
      setChoice({ input, accounts: data.signIn.accounts });
    } else {
      // Also where another password was chosen since the choice was offered.
      setChoice(undefined);
      setRefused(t("accounts.signIn.refused"));
    }
  };

  const check = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const email = String(fields.get("email")).trim();
    const password = String(fields.get("password"));
    setMissing({
      ...(!email && { email: t("accounts.signIn.emailNeeded") }),
      ...(!password && { password: t("accounts.signIn.passwordNeeded") }),
    });
    if (email && password) void submit({ email, password });
  };

  const why = sessionEnd();
  return (
    <AuthFrame
      width={400}
      notice={
        why && (
          <Alert
            role="status"
            variant="light"
            color={why === "expired" ? "orange" : "gray"}
            icon={why === "expired" ? <IconClockPause /> : <IconLogout2 />}
            styles={{ message: { color: "var(--mantine-color-text)" } }}
          >
            {t(`accounts.signIn.${why}`)}
          </Alert>
        )
      }
      others={
        !choice &&
        !challenge &&
        server.accounts.length > 0 && (
          <Card
            withBorder
            padding="sm"
            radius="lg"
            bg="var(--surface)"
            component="section"
            aria-label={t("accounts.signIn.demo.title")}
          >
            <Text size="xs" c="dimmed" px="sm" pb={4}>
              {t("accounts.signIn.demo.choose")} · {t("accounts.signIn.demo.lead")}
            </Text>
            {server.accounts.map(({ email, office, role }) => (
              <NavLink
                key={email}
                component="button"
                type="button"
                disabled={fetching}
                leftSection={<IconUser size={16} stroke={1.7} />}
                label={email}
                description={`${t(`common.role.${role}`)} · ${office}`}
                style={{ borderRadius: "var(--mantine-radius-md)" }}
                onClick={() => void submit({ email, password: server.password })}
              />
            ))}
          </Card>
        )
      }
    >
      {challenge && (
        <Suspense fallback={<Skeleton h={200} role="status" aria-busy aria-label={t("common.loading")} />}>
          <SecondStep
            challenge={challenge}
            done={(answer) => void enter(answer)}
            back={() => {
              setChallenge(null);
              setChoice(undefined);
            }}
          />
        </Suspense>
      )}
      {choice && !challenge && (
        <Stack>
          <div>
            <Title order={1} ref={focusOn} tabIndex={-1}>
              {t("accounts.signIn.choose.title")}
            </Title>
            <Text c="dimmed" size="sm" mt={4}>
              {t("accounts.signIn.choose.lead")}
            </Text>
          </div>
          {refused && <Refused>{refused}</Refused>}
          <div>
            {choice.accounts.map(({ organisationId, organisationName, personId, customerName, role }) => (
              <NavLink
                key={`${organisationId} ${personId}`}
                component="button"
                type="button"
                disabled={fetching}
                leftSection={<IconBuilding size={16} stroke={1.7} />}
                label={organisationName}
                description={customerName ?? t(`common.role.${role}`)}
                style={{ borderRadius: "var(--mantine-radius-md)" }}
                onClick={() => void submit({ ...choice.input, organisationId, personId })}
              />
            ))}
          </div>
          <Button variant="default" disabled={fetching} onClick={() => setChoice(undefined)}>
            {t("accounts.signIn.choose.back")}
          </Button>
        </Stack>
      )}
      <form noValidate onSubmit={check} hidden={choice !== undefined || challenge !== null}>
        <Stack>
          <div>
            <Title order={1}>{t("accounts.signIn.title")}</Title>
            <Text c="dimmed" size="sm" mt={4}>
              {t("accounts.signIn.lead")}
            </Text>
          </div>
          {refused && !choice && <Refused>{refused}</Refused>}
          <TextInput
            label={t("accounts.signIn.email")}
            type="email"
            // In this order, or browsers offer no passkeys.
            autoComplete="username webauthn"
            size="md"
            autoFocus
            name="email"
            error={missing.email}
          />
          <PasswordField
            label={t("accounts.signIn.password")}
            autoComplete="current-password"
            size="md"
            name="password"
            error={missing.password}
          />
          <Button type="submit" size="md" loading={fetching}>
            {t("accounts.signIn.submit")}
          </Button>
          {hasPasskeys && (
            <Button
              variant="default"
              leftSection={<IconFingerprint size={18} />}
              disabled={fetching || busy}
              onClick={() => void withPasskey()}
            >
              {t("accounts.signIn.passkey")}
            </Button>
          )}
          {server.issuer && window.isSecureContext && (
            <Button
              variant="default"
              leftSection={<IconBuilding size={18} />}
              disabled={fetching || busy}
              onClick={() => void withIssuer()}
            >
              {t("accounts.signIn.issuer")}
            </Button>
          )}
          <Anchor size="sm" ta="center" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
            {t("accounts.signIn.forgot")}
          </Anchor>
        </Stack>
      </form>
    </AuthFrame>
  );
}

// The form is gone from the screen: the focus tells screen readers what is there instead.
const focusOn = (element: HTMLElement | null) => element?.focus();
