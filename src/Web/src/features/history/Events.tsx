import { Button, Code, Collapse, Loader, Text, UnstyledButton } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowsExchange,
  IconBell,
  IconCode,
  IconMessage,
  IconMessagePlus,
  IconPaperclip,
  IconPointFilled,
  IconSpeakerphone,
  IconUserCheck,
  IconUserX,
} from "@tabler/icons-react";
import { Fragment, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { failureText } from "../../api/errors";
import { useViewer } from "../../api/session";
import { authorName } from "../../conversation/author";
import { EventDataDocument, type EventRowFragment } from "../../gql/pages/graphql";
import { mayEnter } from "../../session/access";
import { More } from "../../ui/More";
import { useOfficeTime } from "../../ui/officeTime";
import { Told } from "../notifications/deliveries";
import { gapBefore } from "./gaps";
import classes from "./History.module.css";

const icons: Record<string, typeof IconMessage> = {
  conversation_created: IconMessagePlus,
  comment_added: IconMessage,
  file_attached: IconPaperclip,
  status_changed: IconArrowsExchange,
  administrator_assigned: IconUserCheck,
  administrator_unassigned: IconUserX,
  admins_notified: IconSpeakerphone,
};

interface Props {
  events: readonly EventRowFragment[];
  hasMore: boolean;
  /** The one after which the conversation is shown. */
  version: number;
  /** Shows the conversation as it was; none for those who see it only as it is. */
  select: ((version: number) => void) | undefined;
  more: () => void;
}

/** Every event: who, when, what, and on demand what is stored of it. */
export function Events({ events, hasMore, version, select, more }: Props) {
  const { t } = useTranslation();
  return (
    <section className={classes.events} aria-label={t("history.events.label")}>
      <ol className={classes.list}>
        {events.map((event, index) => (
          <Fragment key={event.id}>
            <Gap {...gapBefore(events, index)} />
            <Event
              event={event}
              current={event.version === version}
              later={select !== undefined && event.version > version}
              select={select}
            />
          </Fragment>
        ))}
      </ol>
      {hasMore && <More onMore={more} />}
    </section>
  );
}

/** Versions of which there is no event: somebody took them out of the database, unless the reader sees a part only. */
function Gap({ from, to, count }: Partial<NonNullable<ReturnType<typeof gapBefore>>>) {
  const { t } = useTranslation();
  const { isNarrow } = useViewer();
  if (!count) return null;
  if (isNarrow)
    return (
      <Text component="li" size="xs" c="dimmed" p="xs">
        {t("history.events.hidden", { count, from, to })}
      </Text>
    );
  return (
    <li className={classes.gap}>
      <IconAlertTriangle size={15} aria-hidden />
      {t("history.events.gap", { count, from, to })}
    </li>
  );
}

interface EventProps {
  event: EventRowFragment;
  current: boolean;
  later: boolean;
  select: ((version: number) => void) | undefined;
}

function Event({ event, current, later, select }: EventProps) {
  const { t } = useTranslation();
  const { exact } = useOfficeTime();
  const mayAsk = mayEnter(useViewer(), "deliveries");
  const [opened, setOpened] = useState(false);
  const [asked, setAsked] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const { version, type, occurredAt, summary, actor } = event;
  const Icon = icons[type] ?? IconPointFilled;

  useEffect(() => {
    if (current) row.current?.scrollIntoView({ block: "nearest" });
  }, [current]);

  return (
    <li ref={row} className={classes.event} data-current={current || undefined} data-later={later || undefined}>
      <div className={classes.eventLine}>
        <UnstyledButton
          className={classes.eventButton}
          {...(select
            ? { "aria-current": current ? "step" : undefined, onClick: () => select(version) }
            : { component: "div" as const })}
        >
          <span className={classes.eventIcon} aria-hidden="true">
            <Icon size={15} stroke={1.7} />
          </span>
          <span className={classes.eventText}>
            <Text span size="sm" fw={current ? 620 : 500} className={classes.summary}>
              {summary}
            </Text>
            <Text span size="xs" c="dimmed">
              {`${version} · ${authorName(t, actor)} · `}
              <time dateTime={occurredAt}>{exact(occurredAt)}</time>
            </Text>
          </span>
        </UnstyledButton>
        {mayAsk && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-expanded={asked}
            aria-label={t("history.events.told", { version })}
            onClick={() => setAsked(!asked)}
          >
            <IconBell size={15} />
          </Button>
        )}
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-expanded={opened}
          aria-label={t("history.events.data", { version })}
          onClick={() => setOpened(!opened)}
        >
          <IconCode size={15} />
        </Button>
      </div>
      <Collapse expanded={asked}>{asked && <Told eventId={event.id} />}</Collapse>
      <Collapse expanded={opened}>{opened && <Stored event={event} />}</Collapse>
    </li>
  );
}

/** An event as it is stored, fetched when somebody wants to see it. */
export function Stored({ event }: { event: Pick<EventRowFragment, "id" | "type"> }) {
  const { t } = useTranslation();
  const [{ data, error }] = useQuery({ query: EventDataDocument, variables: { id: event.id } });
  if (error)
    return (
      <Text size="sm" c="red" role="alert" p="xs">
        {failureText(t, error)}
      </Text>
    );
  const stored = data?.node && "data" in data.node ? data.node : undefined;
  if (!stored) return <Loader size="xs" m="xs" role="status" aria-label={t("common.loading")} />;
  return (
    <dl className={classes.stored}>
      <dt>{t("history.events.type")}</dt>
      <dd>{event.type}</dd>
      <dt>{t("history.events.sequence")}</dt>
      <dd>{stored.sequence}</dd>
      {stored.correlationId && (
        <>
          <dt>{t("history.events.correlation")}</dt>
          <dd>{stored.correlationId}</dd>
        </>
      )}
      <dt>{t("history.events.stored")}</dt>
      <dd>
        <Code block tabIndex={0}>
          {JSON.stringify(stored.data, null, 2)}
        </Code>
      </dd>
    </dl>
  );
}
