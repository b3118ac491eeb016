import { Button, EmptyState, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconCheck, IconMailX } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type CombinedError, useMutation } from "urql";
import { attemptText } from "../../../api/errors";
import { session } from "../../../api/session";
import {
  ConfirmEmailChangeDocument,
  type EmailChangeLinkPartsFragment,
  OpenEmailChangeDocument,
} from "../../../gql/pages/graphql";
import { AuthFrame } from "../../../ui/AuthFrame";
import { Refused } from "../../../ui/Refused";
import { SignedInNotice } from "../SignedInNotice";

type State = "opening" | "asked" | "invalid" | "taken" | "done";

/**
 * Confirms another address: from the link of a mail, whose token is in the fragment and so reaches no log of a server. It says for
 * whom, and waits for a yes: programs that look into mails open links as well.
 */
export function ConfirmEmailPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("accounts.email.title")} · ${t("common.product")}`);
  const token = useLocation({ select: ({ hash }) => new URLSearchParams(hash).get("token") ?? "" });
  const [, open] = useMutation(OpenEmailChangeDocument);
  const [{ fetching }, confirm] = useMutation(ConfirmEmailChangeDocument);
  const [state, setState] = useState<State>(token === "" ? "invalid" : "opening");
  const [link, setLink] = useState<EmailChangeLinkPartsFragment>();
  const [refused, setRefused] = useState<string>();

  const failed = (error: CombinedError) => {
    setRefused(attemptText(t, error));
  };
  // Asked once, also where React mounts twice: the answer is the same.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it says of a failure is in the language of then.
  useEffect(() => {
    if (token === "") return;
    void open({ input: { token } }).then(({ data, error }) => {
      if (error) return failed(error);
      const found = data!.openEmailChange.link;
      setLink(found ?? undefined);
      setState(found ? "asked" : "invalid");
    });
  }, [open, token]);

  const submit = async () => {
    setRefused(undefined);
    const { data, error } = await confirm({ input: { token } });
    if (error) return failed(error);
    const { errors } = data!.confirmEmailChange;
    setState(errors.length === 0 ? "done" : errors.some(({ code }) => code === "CONFLICT") ? "taken" : "invalid");
  };

  // Whoever is signed in here may be somebody else: they stay, and are told whose address this is.
  const viewer = session()?.viewer;
  const names = { name: link?.displayName, email: link?.email, organisation: link?.organisationName };
  const signedIn = viewer !== undefined;
  return (
    <AuthFrame
      width={460}
      notice={
        viewer &&
        state === "asked" && <SignedInNotice>{t("accounts.email.signedIn", { name: viewer.displayName })}</SignedInNotice>
      }
    >
      {state === "opening" &&
        (refused ? (
          <Refused>{refused}</Refused>
        ) : (
          <Skeleton h={160} role="status" aria-busy="true" aria-label={t("common.loading")} />
        ))}
      {state === "asked" && (
        <Stack>
          <Title order={1}>{t("accounts.email.title")}</Title>
          <Text>{t("accounts.email.question", names)}</Text>
          {refused && <Refused>{refused}</Refused>}
          <Button size="md" loading={fetching} onClick={() => void submit()}>
            {t("accounts.email.submit")}
          </Button>
          <Text c="dimmed" size="sm">
            {t("accounts.email.unexpected")}
          </Text>
        </Stack>
      )}
      {(state === "invalid" || state === "taken") && (
        <EmptyState
          role="alert"
          icon={<IconMailX stroke={1.5} />}
          title={<Title order={1}>{t(`accounts.email.${state}`)}</Title>}
          description={t(`accounts.email.${state}Text`, names)}
        >
          <EmptyState.Actions>
            <Onwards signedIn={signedIn} />
          </EmptyState.Actions>
        </EmptyState>
      )}
      {state === "done" && (
        <EmptyState
          role="status"
          icon={<IconCheck stroke={1.5} />}
          title={<Title order={1}>{t("accounts.email.done")}</Title>}
          description={t("accounts.email.doneText", names)}
        >
          <EmptyState.Actions>
            <Onwards signedIn={signedIn} />
          </EmptyState.Actions>
        </EmptyState>
      )}
    </AuthFrame>
  );
}

/** The way on: to the messages of whoever is signed in, or to signing in. */
function Onwards({ signedIn }: { signedIn: boolean }) {
  const { t } = useTranslation();
  return signedIn ? (
    <Button renderRoot={(props) => <Link to="/conversations" {...props} />}>{t("common.notFound.back")}</Button>
  ) : (
    <Button renderRoot={(props) => <Link to="/sign-in" {...props} />}>{t("accounts.invitation.signIn")}</Button>
  );
}
