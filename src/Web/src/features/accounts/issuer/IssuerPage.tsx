import { Button, EmptyState, Loader, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconBuildingOff } from "@tabler/icons-react";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "urql";
import { failureText } from "../../../api/errors";
import { begin, signedOut } from "../../../api/session";
import { SignInWithIssuerDocument } from "../../../gql/pages/graphql";
import { AuthFrame } from "../../../ui/AuthFrame";
import { redirectUri, takeAsked } from "./issuer";

/** Where the issuer sends people back to: what it answered is exchanged for a session. */
export function IssuerPage() {
  const { t } = useTranslation();
  useDocumentTitle(`${t("accounts.issuer.title")} · ${t("common.product")}`);
  const router = useRouter();
  const client = useClient();
  const [refused, setRefused] = useState<string>();
  // A code works once, and effects run twice in development.
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const answer = new URLSearchParams(location.search);
    // The code is of no more use, and stays in no history.
    history.replaceState(null, "", "/sign-in/issuer");
    const asked = takeAsked(answer.get("state"));
    const code = answer.get("code");
    const exchange = async () => {
      if (!asked) return setRefused(t("accounts.issuer.notAsked"));
      if (!code)
        return setRefused(t(answer.get("error") === "access_denied" ? "accounts.issuer.denied" : "accounts.issuer.failed"));
      await signedOut();
      const { data, error } = await client
        .mutation(SignInWithIssuerDocument, {
          input: { code, codeVerifier: asked.verifier, nonce: asked.nonce, redirectUri: redirectUri(), cookie: true },
        })
        .toPromise();
      if (error) return setRefused(error.response?.status === 503 ? t("accounts.issuer.away") : failureText(t, error));
      if (await begin(data!.signInWithIssuer)) return router.navigate({ href: asked.to ?? "/conversations", replace: true });
      setRefused(
        t(
          data!.signInWithIssuer.errors[0]?.reason === "ISSUER_VOUCHES_FOR_NOBODY"
            ? "accounts.issuer.nobody"
            : "accounts.issuer.failed",
        ),
      );
    };
    void exchange();
  }, [client, router, t]);

  return (
    <AuthFrame width={420}>
      {refused ? (
        <EmptyState
          role="alert"
          icon={<IconBuildingOff stroke={1.5} />}
          title={<Title order={1}>{t("accounts.issuer.refused")}</Title>}
          description={refused}
        >
          <EmptyState.Actions>
            <Button variant="default" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
              {t("accounts.invitation.signIn")}
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <Stack align="center" role="status">
          <Loader />
          <Text>{t("accounts.issuer.title")}</Text>
        </Stack>
      )}
    </AuthFrame>
  );
}
