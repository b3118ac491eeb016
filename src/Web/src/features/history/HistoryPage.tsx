import { ActionIcon, Anchor, Button, Center, EmptyState, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowLeft, IconHistoryOff } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useViewer } from "../../api/session";
import type { AsOf } from "../../gql/pages/graphql";
import { mayEnter } from "../../session/access";
import { Failed } from "../../ui/Failed";
import { Controls } from "./Controls";
import { Events } from "./Events";
import classes from "./History.module.css";
import { Past } from "./Past";
import type { HistorySearch } from "./search";
import { useEvents } from "./useEvents";
import { usePast } from "./usePast";

const route = getRouteApi("/shell/conversations/$conversationId/history");

/** Everything that happened in a conversation, and the conversation as it was after each of it, for those who may see that. */
export function HistoryPage() {
  const { conversationId } = route.useParams();
  return <History key={conversationId} id={conversationId} />;
}

function History({ id }: { id: string }) {
  const { t } = useTranslation();
  const seesPast = mayEnter(useViewer(), "past");
  const { version, at } = route.useSearch();
  const navigate = route.useNavigate();
  const [more, setMore] = useState(0);
  const [seen, setSeen] = useState(1);
  const events = useEvents(id, Math.max(more, version ?? seen));
  const { total, conversation: head } = events;
  const asOf: AsOf = at ? { timestamp: at } : { version: Math.min(version ?? total, total) || 1 };
  const past = usePast(id, asOf, seesPast ? total : 0);
  const shown = past.conversation?.version ?? 0;
  // Of an instant only the answer says after which event it is; that one must be in the list.
  if (shown > seen) setSeen(shown);
  useDocumentTitle(`${t("history.title")}: ${head?.subject ?? ""} · ${t("common.product")}`);

  const show = (search: HistorySearch) =>
    void navigate({ search: (old) => ({ ...old, version: undefined, at: undefined, ...search }), replace: true });
  const showVersion = (to: number) => show(to >= total ? {} : { version: Math.max(to, 1) });

  if (events.gone)
    return (
      <Center h="100%" p="xl">
        <EmptyState icon={<IconHistoryOff stroke={1.5} />} title={t("history.gone.title")} description={t("history.gone.text")}>
          <EmptyState.Actions>
            <Button variant="default" renderRoot={(props) => <Link to="/conversations" {...props} />}>
              {t("common.notFound.back")}
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      </Center>
    );
  if (!head) return events.error ? <Failed error={events.error} retry={events.again} /> : <Loading />;
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <ActionIcon
          size="lg"
          aria-label={t("history.back")}
          renderRoot={(props) => <Link to="/conversations/$conversationId" params={{ conversationId: id }} {...props} />}
        >
          <IconArrowLeft size={18} />
        </ActionIcon>
        <div className={classes.heading}>
          <Title order={1}>{t("history.title")}</Title>
          <Text size="sm" c="dimmed" truncate>
            <Anchor
              underline="always"
              inherit
              renderRoot={(props) => <Link to="/conversations/$conversationId" params={{ conversationId: id }} {...props} />}
            >
              {head.subject}
            </Anchor>
            {` · ${head.customer.name}`}
          </Text>
        </div>
      </header>
      {seesPast && (
        <Controls
          version={shown || (at && past.conversation === null ? 0 : (version ?? total))}
          total={total}
          at={at}
          event={events.events.find((event) => event.version === shown)}
          showVersion={showVersion}
          showInstant={(instant) => show(instant ? { at: instant } : {})}
        />
      )}
      <div className={classes.columns}>
        <Events
          events={events.events}
          hasMore={events.hasMore}
          version={shown}
          select={seesPast ? showVersion : undefined}
          more={() => setMore((events.events.at(-1)?.version ?? 0) + 1)}
        />
        {seesPast ? (
          <Past {...past} at={at} />
        ) : (
          <Text p="md" size="sm" c="dimmed">
            {t("history.past.notOfAPart")}
          </Text>
        )}
      </div>
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <Stack p="md" role="status" aria-busy="true" aria-label={t("common.loading")}>
      <Skeleton h={28} w="50%" />
      <Skeleton h={56} />
      <Skeleton h={320} />
    </Stack>
  );
}
