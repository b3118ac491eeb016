import { Anchor, Button, Collapse, EmptyState, Group, Pill, Select, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCode, IconListSearch, IconStack2 } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { idOfNow } from "../../../api/ids";
import { useViewer } from "../../../api/session";
import { authorName } from "../../../conversation/author";
import {
  type AuditFilter,
  AuditLogDocument,
  LogChoicesDocument,
  LogNamedDocument,
  type LogRowFragment,
  type SubjectFragment,
} from "../../../gql/pages/graphql";
import { startOfDay, useOfficeTime } from "../../../ui/officeTime";
import { Page } from "../../../ui/Page";
import { Pages } from "../../../ui/Pages";
import { searchMaximum } from "../../../ui/searched";
import { Stored } from "../Events";
import { Archive } from "./Archive";
import { type Kind, kinds } from "./kinds";
import classes from "./Log.module.css";
import type { LogSearch } from "./search";

const pageSize = 30;

/** No filter at all. */
const everything: LogSearch = {
  kind: undefined,
  customer: undefined,
  actor: undefined,
  subject: undefined,
  correlation: undefined,
  from: undefined,
  to: undefined,
};

const route = getRouteApi("/shell/log");

/** Everything that happened in the office, the latest first. For auditors and owners. */
export function LogPage() {
  const { t, i18n } = useTranslation();
  const { zone } = useOfficeTime();
  const { seesAllHistory } = useViewer();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const show = (change: LogSearch) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const filter: AuditFilter = {
    ...(search.kind ? { types: [...kinds[search.kind]] } : {}),
    ...(search.customer ? { customerId: search.customer } : {}),
    ...(search.actor ? { actorId: search.actor } : {}),
    ...(search.subject ? { subjectId: search.subject } : {}),
    ...(search.correlation ? { correlationId: search.correlation } : {}),
    ...(search.from ? { from: startOfDay(search.from, zone) } : {}),
    ...(search.to ? { to: startOfDay(search.to, zone, 1) } : {}),
  };
  return (
    <Page title={t("history.log.title")} wide>
      <Text size="sm" c="dimmed" mb="md">
        {t("history.log.lead", { zone })}
      </Text>
      {seesAllHistory && <Archive search={search} />}
      <Filters search={search} show={show} />
      <ul className={classes.list} aria-label={t("history.log.list")}>
        <Pages
          key={JSON.stringify(filter)}
          query={AuditLogDocument}
          variables={{ filter, first: pageSize, locale: i18n.language }}
          pageOf={({ auditLog: { nodes, pageInfo } }) => ({
            nodes: nodes.toReversed(),
            pageInfo: { endCursor: pageInfo.startCursor, hasNextPage: pageInfo.hasPreviousPage },
          })}
          row={(event) => <Event key={event.id} event={event} show={show} />}
          loading={
            <Stack p="md" gap="lg" role="status" aria-busy="true" aria-label={t("common.loading")}>
              {[1, 2, 3, 4, 5].map((row) => (
                <Skeleton key={row} height={44} />
              ))}
            </Stack>
          }
          empty={<EmptyState p="xl" icon={<IconListSearch stroke={1.5} />} title={t("history.log.empty")} />}
        />
      </ul>
    </Page>
  );
}

interface FilterProps {
  search: LogSearch;
  show: (change: LogSearch) => void;
}

/** What the log can be filtered by; and, to be taken away, what was chosen in the list. */
function Filters({ search, show }: FilterProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [words] = useDebouncedValue(typed.trim(), 200);
  const [{ data }] = useQuery({ query: LogChoicesDocument, variables: { search: words || null } });
  const people = data?.administrators.nodes ?? [];
  const isOfOffice = people.some(({ id }) => id === search.actor);
  const isAny = Object.values(search).some((value) => value !== undefined);
  return (
    <section className={classes.filters} aria-label={t("history.log.filters")}>
      <Select
        label={t("history.log.kind")}
        placeholder={t("history.log.all")}
        clearable
        clearButtonProps={{ "aria-label": t("history.log.all") }}
        data={(Object.keys(kinds) as Kind[]).map((value) => ({ value, label: t(`history.log.kinds.${value}`) }))}
        value={search.kind ?? null}
        onChange={(kind) => show({ kind: (kind as Kind | null) ?? undefined })}
      />
      <Select
        label={t("history.log.actor")}
        placeholder={t("history.log.all")}
        clearable
        clearButtonProps={{ "aria-label": t("history.log.all") }}
        searchable
        data={people.map(({ id, displayName }) => ({ value: id, label: displayName }))}
        value={isOfOffice ? (search.actor ?? null) : null}
        onChange={(actor) => show({ actor: actor ?? undefined })}
      />
      <Select
        label={t("history.log.customer")}
        placeholder={t("history.log.all")}
        searchable
        maxLength={searchMaximum}
        searchValue={typed}
        onSearchChange={setTyped}
        // The server has searched already.
        filter={({ options }) => options}
        data={(data?.customers.nodes ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={null}
        onChange={(customer) => {
          show({ customer: customer ?? undefined });
          setTyped("");
        }}
      />
      <TextInput
        type="date"
        label={t("history.log.from")}
        value={search.from ?? ""}
        onChange={(event) => show({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        type="date"
        label={t("history.log.to")}
        value={search.to ?? ""}
        onChange={(event) => show({ to: event.currentTarget.value || undefined })}
      />
      {isAny && (
        <Group gap="xs" className={classes.chosen}>
          {search.customer && <Chosen of="ofCustomer" id={search.customer} remove={() => show({ customer: undefined })} />}
          {search.actor && !isOfOffice && <Chosen of="by" id={search.actor} remove={() => show({ actor: undefined })} />}
          {search.subject && <Chosen of="about" id={search.subject} remove={() => show({ subject: undefined })} />}
          {search.correlation && (
            <Pill
              withRemoveButton
              removeButtonProps={{ "aria-label": t("history.log.remove"), "aria-hidden": false, tabIndex: 0 }}
              onRemove={() => show({ correlation: undefined })}
            >
              {t("history.log.oneRequest")}
            </Pill>
          )}
          <Button size="compact-sm" variant="subtle" onClick={() => show(everything)}>
            {t("history.log.clear")}
          </Button>
        </Group>
      )}
    </section>
  );
}

/** The name of what an event happened to. */
const nameOf = (subject: SubjectFragment) =>
  "subject" in subject ? subject.subject : "name" in subject ? subject.name : subject.displayName;

interface ChosenProps {
  of: "ofCustomer" | "by" | "about";
  id: string;
  remove: () => void;
}

/** A filter that names something. */
function Chosen({ of, id, remove }: ChosenProps) {
  const { t } = useTranslation();
  const [{ data }] = useQuery({ query: LogNamedDocument, variables: { id } });
  const node = data?.node;
  const name = node && "id" in node ? nameOf(node as SubjectFragment) : "…";
  return (
    <Pill
      withRemoveButton
      removeButtonProps={{ "aria-label": t("history.log.removeOne", { name }), "aria-hidden": false, tabIndex: 0 }}
      onRemove={remove}
    >
      {t(`history.log.${of}`, { name })}
    </Pill>
  );
}

interface EventProps {
  event: LogRowFragment;
  show: (change: LogSearch) => void;
}

function Event({ event, show }: EventProps) {
  const { t } = useTranslation();
  const { exact } = useOfficeTime();
  const [opened, setOpened] = useState(false);
  const { occurredAt, summary, actor, subject, correlationId, version } = event;
  return (
    <li className={classes.item}>
      <div className={classes.line}>
        <div className={classes.text}>
          <Text size="sm" fw={500}>
            {summary}
          </Text>
          <Text size="xs" c="dimmed" component="div">
            <time dateTime={occurredAt}>{exact(occurredAt)}</time>
            {" · "}
            {"id" in actor ? (
              <Anchor
                component="button"
                inherit
                underline="always"
                aria-label={t("history.log.onlyBy", { name: authorName(t, actor) })}
                onClick={() => show({ actor: idOfNow(actor.id) })}
              >
                {authorName(t, actor)}
              </Anchor>
            ) : (
              authorName(t, actor)
            )}
            {subject && (
              <>
                {" · "}
                <Subject subject={subject} version={version} show={show} />
              </>
            )}
          </Text>
        </div>
        {correlationId && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-label={t("history.log.group", { summary })}
            onClick={() => show({ ...everything, correlation: correlationId })}
          >
            <IconStack2 size={15} />
          </Button>
        )}
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-expanded={opened}
          aria-label={t("history.log.data", { summary })}
          onClick={() => setOpened(!opened)}
        >
          <IconCode size={15} />
        </Button>
      </div>
      <Collapse expanded={opened}>{opened && <Stored event={event} />}</Collapse>
    </li>
  );
}

/** What an event happened to: a conversation is opened as it was then, of all others it is shown what happened to them. */
function Subject({ subject, version, show }: { subject: SubjectFragment; version: number; show: EventProps["show"] }) {
  const { t } = useTranslation();
  if (subject.__typename === "Conversation")
    return (
      <Anchor
        inherit
        underline="always"
        renderRoot={(props) => (
          <Link
            to="/conversations/$conversationId/history"
            params={{ conversationId: subject.id }}
            search={{ version }}
            {...props}
          />
        )}
      >
        {subject.subject}
      </Anchor>
    );
  const name = nameOf(subject);
  return (
    <Anchor
      component="button"
      inherit
      underline="always"
      aria-label={t("history.log.onlyAbout", { name })}
      onClick={() => show(subject.__typename === "Customer" ? { customer: subject.id } : { subject: subject.id })}
    >
      {name}
    </Anchor>
  );
}
