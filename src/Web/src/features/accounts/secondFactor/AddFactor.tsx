import { Button, Code, Group, Loader, Stack, Text, TextInput } from "@mantine/core";
import { IconDeviceMobile, IconFingerprint } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { attemptText, byField, refusalText } from "../../../api/errors";
import {
  type AddedPartsFragment,
  BeginAuthenticatorDocument,
  type BeginAuthenticatorMutation,
  BeginPasskeyDocument,
  ConfirmAuthenticatorDocument,
  ConfirmPasskeyDocument,
} from "../../../gql/pages/graphql";
import { Refused } from "../../../ui/Refused";
import { PasswordField } from "../passwords/PasswordField";
import { CodeField } from "./CodeField";
import { hasPasskeys, makePasskey } from "./passkeys";
import { QrCode } from "./QrCode";

interface Props {
  /** The challenge of a sign-in that lacks a factor; without it for who is signed in. */
  challenge?: string | undefined;
  /** What it was added by, with the recovery codes and, by a challenge, the session. */
  onAdded: (added: AddedPartsFragment) => void;
  cancel?: () => void;
}

/** Adds a second factor: an app, whose secret is shown this once, or a passkey. */
export function AddFactor({ challenge, onAdded, cancel }: Props) {
  const { t } = useTranslation();
  const [{ fetching: beginning }, begin] = useMutation(BeginAuthenticatorDocument);
  const [{ fetching: confirming }, confirm] = useMutation(ConfirmAuthenticatorDocument);
  const [{ fetching: asking }, beginPasskey] = useMutation(BeginPasskeyDocument);
  const [{ fetching: adding }, confirmPasskey] = useMutation(ConfirmPasskeyDocument);
  const [begun, setBegun] = useState<BeginAuthenticatorMutation["beginAuthenticator"]>();
  const [needsPassword, setNeedsPassword] = useState<"app" | "passkey">();
  const [currentPassword, setPassword] = useState("");
  const [wrong, setWrong] = useState<{ code?: string; password?: string }>({});
  const [refused, setRefused] = useState<string>();
  const who = { challenge, currentPassword: currentPassword || undefined };
  const busy = beginning || confirming || asking || adding;

  const failed = (error: Parameters<typeof attemptText>[1]) => setRefused(attemptText(t, error));

  const needs = (errors: Parameters<typeof byField>[1], what: "app" | "passkey") => {
    const { currentPassword: password, "": general } = byField(t, errors, ["currentPassword"]);
    if (password) {
      setWrong({ password: needsPassword ? t("accounts.profile.password.wrong") : undefined });
      setNeedsPassword(what);
    } else if (errors.some(({ path }) => path?.includes("challenge"))) setRefused(t("accounts.secondFactor.ended"));
    else setRefused(what === "passkey" && errors[0]?.code === "CONFLICT" ? t("accounts.secondFactor.noName") : general);
  };

  const start = async () => {
    setRefused(undefined);
    setWrong({});
    const { data, error } = await begin({ input: who });
    if (error) return failed(error);
    const { errors, secret } = data!.beginAuthenticator;
    if (!secret) return needs(errors, "app");
    setNeedsPassword(undefined);
    setBegun(data!.beginAuthenticator);
  };

  const passkey = async () => {
    setRefused(undefined);
    setWrong({});
    const { data, error } = await beginPasskey({ input: who });
    if (error) return failed(error);
    const { errors, id, options } = data!.beginPasskey;
    if (!id || !options) return needs(errors, "passkey");
    setNeedsPassword(undefined);
    const response = await makePasskey(options);
    if (!response) return setRefused(t("accounts.secondFactor.passkey.none"));
    const made = await confirmPasskey({ input: { id, response, name: nameOfDevice(), challenge, cookie: true } });
    if (made.error) return failed(made.error);
    const added = made.data!.confirmPasskey;
    if (added.errors[0]) return setRefused(refusalText(t, added.errors[0]));
    onAdded(added);
  };

  const finish = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setRefused(undefined);
    const fields = new FormData(event.currentTarget);
    const code = String(fields.get("code"));
    const name = String(fields.get("name"));
    const { data, error } = await confirm({ input: { id: begun!.id!, code, name, challenge, cookie: true } });
    if (error) return failed(error);
    const { code: wrongCode, "": general } = byField(t, data!.confirmAuthenticator.errors, ["code"]);
    setWrong({ code: wrongCode && t("accounts.secondFactor.wrongCode") });
    setRefused(general);
    if (data!.confirmAuthenticator.errors.length === 0) onAdded(data!.confirmAuthenticator);
  };

  if (begun?.uri)
    return (
      <form noValidate onSubmit={(event) => void finish(event)}>
        <Stack>
          <Text size="sm">{t("accounts.secondFactor.app.scan")}</Text>
          <QrCode text={begun.uri} label={t("accounts.secondFactor.app.qr")} />
          <Text size="sm" c="dimmed">
            {t("accounts.secondFactor.app.type")}
          </Text>
          <Code
            block
            fz="sm"
            aria-label={t("accounts.secondFactor.app.secret")}
            style={{ whiteSpace: "normal", wordBreak: "break-all" }}
          >
            {begun.secret!.match(/.{1,4}/g)!.join(" ")}
          </Code>
          {refused && <Refused>{refused}</Refused>}
          <CodeField label={t("accounts.secondFactor.code")} name="code" error={wrong.code} autoFocus />
          <TextInput
            label={t("accounts.secondFactor.name")}
            description={t("accounts.secondFactor.nameHint")}
            name="name"
            maxLength={60}
          />
          <Group justify="end">
            {cancel && (
              <Button variant="default" onClick={cancel}>
                {t("common.action.cancel")}
              </Button>
            )}
            <Button type="submit" loading={confirming}>
              {t("accounts.secondFactor.app.submit")}
            </Button>
          </Group>
        </Stack>
      </form>
    );

  if (needsPassword)
    return (
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void (needsPassword === "app" ? start() : passkey());
        }}
      >
        <Stack>
          {refused && <Refused>{refused}</Refused>}
          <PasswordField
            label={t("accounts.profile.password.current")}
            description={t("accounts.secondFactor.passwordHint")}
            autoComplete="current-password"
            value={currentPassword}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={wrong.password}
            data-autofocus
          />
          <Group justify="end">
            {cancel && (
              <Button variant="default" onClick={cancel}>
                {t("common.action.cancel")}
              </Button>
            )}
            <Button type="submit" loading={busy} disabled={!currentPassword}>
              {t("accounts.secondFactor.goOn")}
            </Button>
          </Group>
        </Stack>
      </form>
    );

  return (
    <Stack>
      {refused && <Refused>{refused}</Refused>}
      {hasPasskeys() && (
        <div>
          <Button
            fullWidth
            leftSection={adding ? <Loader size={16} /> : <IconFingerprint size={18} />}
            disabled={busy}
            onClick={() => void passkey()}
          >
            {t("accounts.secondFactor.passkey.add")}
          </Button>
          <Text size="xs" c="dimmed" mt={4}>
            {t("accounts.secondFactor.passkey.lead")}
          </Text>
        </div>
      )}
      <div>
        <Button
          fullWidth
          variant={hasPasskeys() ? "default" : "filled"}
          leftSection={<IconDeviceMobile size={18} />}
          disabled={busy}
          onClick={() => void start()}
        >
          {t("accounts.secondFactor.app.add")}
        </Button>
        <Text size="xs" c="dimmed" mt={4}>
          {t("accounts.secondFactor.app.lead")}
        </Text>
      </div>
      {cancel && (
        <Group justify="end">
          <Button variant="default" onClick={cancel}>
            {t("common.action.cancel")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** What a passkey made here is called until its owner says otherwise. */
function nameOfDevice() {
  const { userAgent } = navigator;
  return /iPhone|iPad|Android|Windows|Macintosh|Linux/.exec(userAgent)?.[0].replace("Macintosh", "Mac") ?? "";
}
