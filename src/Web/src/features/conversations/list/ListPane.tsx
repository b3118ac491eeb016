import { ActionIcon, Button, Center, EmptyState, Group, Skeleton, Stack, TextInput, Title } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconFilterOff, IconInbox, IconMessagePlus, IconSearch, IconX } from "@tabler/icons-react";
import { getRouteApi, Link, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ordered } from "../../../api/client";
import { useViewer } from "../../../api/session";
import { statusOf } from "../../../conversation/status";
import { ConversationCountsDocument, type ConversationStatus } from "../../../gql/graphql";
import { isOffice } from "../../../session/access";
import { Failed } from "../../../ui/Failed";
import { useKeys } from "../../../ui/keys";
import { searchMaximum } from "../../../ui/searched";
import { mayCreate } from "../may";
import classes from "./ConversationsPage.module.css";
import { ActiveFilters, Filters } from "./Filters";
import { Rows } from "./Rows";
import { StatusTabs } from "./StatusTabs";
import { filterOf, orderOf } from "./search";
import { useChangeSearch } from "./useChangeSearch";
import { useConversationList } from "./useConversationList";

// Not needed for what is seen first.
const BulkActions = lazy(() => import("../actions/BulkActions").then(({ BulkActions }) => ({ default: BulkActions })));

const route = getRouteApi("/shell/conversations");

/** The list: its counts, its filters and its rows. */
export function ListPane() {
  const { t } = useTranslation();
  const viewer = useViewer();
  const search = route.useSearch();
  const navigate = useNavigate();
  const { conversationId } = useParams({ strict: false });
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<string>(undefined);

  const [{ data: counted }, recount] = useQuery({
    query: ConversationCountsDocument,
    variables: { filter: filterOf({ ...search, status: undefined }) },
    context: ordered,
  });
  const recountSoon = useDebouncedCallback(() => recount({ requestPolicy: "network-only", ...ordered }), {
    delay: 300,
    flushOnUnmount: false,
  });
  const { list, rows, hasMore, loading, waiting, error } = useConversationList(filterOf(search), orderOf(search), recountSoon);
  const more = useCallback(() => list.more(), [list]);
  const show = useCallback((first: number, last: number) => list.show(first, last), [list]);

  // Rows that leave the list leave the selection.
  useEffect(() => {
    const there = new Set(rows.map(({ id }) => id));
    setSelection((before) =>
      [...before].every((id) => there.has(id)) ? before : new Set([...before].filter((id) => there.has(id))),
    );
  }, [rows]);

  const latestRows = useRef(rows);
  useEffect(() => {
    latestRows.current = rows;
  });
  const select = useCallback((id: string, selected: boolean, range: boolean) => {
    const all = latestRows.current;
    const [from, to] = [all.findIndex((row) => row.id === anchor.current), all.findIndex((row) => row.id === id)].sort(
      (a, b) => a - b,
    );
    const ids = range && from! >= 0 ? all.slice(from, to! + 1).map((row) => row.id) : [id];
    anchor.current = id;
    setSelection((before) => {
      const after = new Set(before);
      for (const each of ids) selected ? after.add(each) : after.delete(each);
      return after;
    });
  }, []);
  const clear = useCallback(() => setSelection(new Set()), []);

  const create = mayCreate(viewer);
  useKeys({ c: () => create && void navigate({ to: "/conversations/new", search: true }) });

  const office = isOffice(viewer.role);
  const filtered = !!(search.q || search.awaiting || search.customer || search.responsible || search.unread);
  return (
    <>
      <div className={classes.head}>
        <Group justify="space-between" wrap="nowrap">
          <Title order={1}>{t("conversations.title")}</Title>
          {create && (
            <Button
              size="compact-md"
              leftSection={<IconMessagePlus size={16} stroke={1.8} />}
              renderRoot={(props) => <Link to="/conversations/new" search={true} {...props} />}
            >
              {t("conversations.create")}
            </Button>
          )}
        </Group>
        <Group gap="xs" wrap="nowrap">
          <SearchField />
          <Filters />
        </Group>
        <StatusTabs counts={counted?.conversationCounts} />
        <ActiveFilters />
      </div>
      {rows.length > 0 ? (
        <Rows
          rows={rows}
          hasMore={hasMore}
          waiting={waiting}
          more={more}
          show={show}
          activeId={conversationId}
          viewerId={viewer.id}
          withCustomer={office}
          selection={viewer.role === "ADMINISTRATOR" ? selection : undefined}
          select={select}
        />
      ) : error ? (
        <Failed error={error} retry={() => void list.reload()} />
      ) : loading ? (
        <Stack p="sm" gap="sm" role="status" aria-busy aria-label={t("common.loading")}>
          {Array.from({ length: 7 }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same.
            <Skeleton key={index} h={64} />
          ))}
        </Stack>
      ) : (
        <Center flex={1} p="xl">
          <Nothing filtered={filtered} status={search.status && statusOf[search.status]} office={office} mayCreate={create} />
        </Center>
      )}
      {selection.size > 0 && (
        <Suspense>
          <BulkActions selection={selection} clear={clear} />
        </Suspense>
      )}
    </>
  );
}

/** Search as one types; "/" goes there. */
function SearchField() {
  const { t } = useTranslation();
  const { q } = route.useSearch();
  const change = useChangeSearch();
  const [value, setValue] = useState(q ?? "");
  const field = useRef<HTMLInputElement>(null);
  const asked = useRef(q);
  const ask = useDebouncedCallback((words: string) => {
    asked.current = words.trim() || undefined;
    change({ q: asked.current });
  }, 250);
  // The address was changed from outside: by the browser's way back, or a link.
  useEffect(() => {
    if (q !== asked.current) setValue(q ?? "");
    asked.current = q;
  }, [q]);
  const set = (words: string) => {
    setValue(words);
    ask(words);
  };
  useKeys({ "/": () => field.current?.focus() });
  return (
    <TextInput
      ref={field}
      type="search"
      flex={1}
      size="sm"
      maxLength={searchMaximum}
      aria-label={t("conversations.search.label")}
      placeholder={t("conversations.search.placeholder")}
      leftSection={<IconSearch size={16} stroke={1.7} />}
      rightSection={
        value && (
          <ActionIcon size="sm" aria-label={t("conversations.search.clear")} onClick={() => set("")}>
            <IconX size={14} />
          </ActionIcon>
        )
      }
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") field.current?.blur();
      }}
    />
  );
}

interface NothingProps {
  filtered: boolean;
  status: ConversationStatus | undefined;
  office: boolean;
  mayCreate: boolean;
}

/** Why the list is empty, and what to do about it. */
function Nothing({ filtered, status, office, mayCreate: may }: NothingProps) {
  const { t } = useTranslation();
  const change = useChangeSearch();
  if (filtered)
    return (
      <EmptyState
        icon={<IconFilterOff stroke={1.5} />}
        title={t("conversations.empty.filtered")}
        description={t("conversations.empty.filteredText")}
      >
        <EmptyState.Actions>
          <Button
            variant="default"
            onClick={() =>
              change({ q: undefined, awaiting: undefined, customer: undefined, responsible: undefined, unread: undefined })
            }
          >
            {t("conversations.filter.clear")}
          </Button>
        </EmptyState.Actions>
      </EmptyState>
    );
  return (
    <EmptyState
      icon={<IconInbox stroke={1.5} />}
      title={status ? t("conversations.empty.done") : t("conversations.empty.title")}
      description={
        status
          ? t(`conversations.empty.doneText.${status === "ATTENTION" && !office ? "awaited" : status}`)
          : t(office ? "conversations.empty.office" : "conversations.empty.customer")
      }
    >
      {may && !status && (
        <EmptyState.Actions>
          <Button renderRoot={(props) => <Link to="/conversations/new" search={true} {...props} />}>
            {t("conversations.create")}
          </Button>
        </EmptyState.Actions>
      )}
    </EmptyState>
  );
}
