import { Button } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { switchTo } from "../../../api/session";
import { AccountsOfConversationDocument } from "../../../gql/pages/graphql";
import { useBehalf } from "../../../session/accounts";
import { notice } from "../../../ui/notice";

/** The way to a conversation that is another account's of the viewer's: a link of a mail was opened with this one. */
export function Elsewhere({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const router = useRouter();
  const several = useBehalf() !== undefined;
  const [switching, setSwitching] = useState(false);
  const [{ data }] = useQuery({
    query: AccountsOfConversationDocument,
    variables: { conversationId },
    pause: !several,
    requestPolicy: "network-only",
  });
  const go = async (account: { organisationId: string; personId: string }) => {
    setSwitching(true);
    const done = await switchTo(account);
    setSwitching(false);
    if (done) await router.invalidate();
    else await notice({ kind: "failure", message: t("accounts.switcher.failed") });
  };
  return data?.viewer.accounts
    .filter(({ isCurrent }) => !isCurrent)
    .map(({ organisationId, organisationName, personId, role, customerName }) => (
      <Button
        key={`${organisationId} ${personId}`}
        loading={switching}
        onClick={() => void go({ organisationId, personId })}
        styles={{ label: { whiteSpace: "normal" } }}
        h="auto"
        mih={36}
      >
        {t("accounts.switcher.openAs", { account: customerName ?? t(`common.role.${role}`), organisation: organisationName })}
      </Button>
    ));
}
