import { Anchor, Group } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "urql";
import classes from "../../../app/Shell.module.css";
import { isAsking, onAsking } from "../../accounts/signOut/signingOut";
import { isPassing, startSending, useOutbox } from "./outbox";

const SignOutDialog = lazy(() =>
  import("../../accounts/signOut/SignOutDialog").then(({ SignOutDialog: Dialog }) => ({ default: Dialog })),
);

/** How long a comment may be on its way before anybody is told, in ms. */
const patience = 4_000;

/** Sends what is in the box, wherever one is; and says what has not arrived. */
export function Outbox() {
  const { t } = useTranslation();
  const client = useClient();
  useEffect(() => startSending(client), [client]);
  const asking = useSyncExternalStore(onAsking, isAsking);

  const pending = useOutbox();
  const [now, setNow] = useState(Date.now);
  const oldest = pending.length > 0 ? Math.min(...pending.map(({ at }) => at)) : undefined;
  useEffect(() => {
    if (oldest === undefined) return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(oldest + patience - Date.now(), 0));
    return () => clearTimeout(timer);
  }, [oldest]);

  const late = pending.filter(({ at, failed }) => failed || at + patience <= now);
  const refused = late.filter((each) => !isPassing(each));
  const shown = refused[0] ?? late[0];
  return (
    <>
      <div role="status">
        {shown && (
          <Group className={classes.banner} gap="xs" wrap="nowrap" data-outbox>
            <IconSend size={16} stroke={1.8} aria-hidden />
            <span>
              {refused.length > 0
                ? t("conversations.outbox.refused", { count: refused.length })
                : t("conversations.outbox.waiting", { count: late.length })}{" "}
              <Anchor
                size="sm"
                inherit
                renderRoot={(props) => (
                  <Link
                    to="/conversations/$conversationId"
                    params={{ conversationId: shown.conversationId }}
                    search={true}
                    {...props}
                  />
                )}
              >
                {t("conversations.outbox.show")}
              </Anchor>
            </span>
          </Group>
        )}
      </div>
      {asking && (
        <Suspense>
          <SignOutDialog />
        </Suspense>
      )}
    </>
  );
}
