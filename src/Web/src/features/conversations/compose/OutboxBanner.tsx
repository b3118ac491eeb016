import { Anchor } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "urql";
import { Banner } from "../../../ui/Banner";
import { isPassing, startSending, useOutbox } from "./outbox";

/** The time that a comment may be on its way before the banner says so, in ms. */
const patience = 4_000;

/** Sends what is in the box, wherever one is; and says what has not arrived. */
export function OutboxBanner() {
  const { t } = useTranslation();
  const client = useClient();
  useEffect(() => startSending(client), [client]);

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
    <div role="status">
      {shown && (
        <Banner icon={<IconSend size={16} stroke={1.8} aria-hidden />} data-outbox>
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
        </Banner>
      )}
    </div>
  );
}
