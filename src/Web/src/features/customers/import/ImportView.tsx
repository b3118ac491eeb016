import {
  Alert,
  Badge,
  Button,
  Checkbox,
  EmptyState,
  Group,
  Progress,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
} from "@mantine/core";
import { IconDownload, IconFileOff, IconPlayerPlay } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type CombinedError, useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import type { RefusalFragment } from "../../../gql/graphql";
import {
  CustomerImportDocument,
  DiscardCustomerImportDocument,
  type ImportPartsFragment,
  InviteImportedContactsDocument,
  StartCustomerImportDocument,
} from "../../../gql/pages/graphql";
import { Failed } from "../../../ui/Failed";
import { Refused } from "../../../ui/Refused";
import { downloadFile } from "../../files";
import { Lines } from "./Lines";
import { type Outcome, outcomes } from "./outcomes";

/** The pause between two questions for the progress, in ms. */
const pause = 1_000;

/** The same while contacts are invited, which takes as long as the limits on invitations say. */
const longPause = 10_000;

/** The separators of cells, by the names of their texts. */
const separators: Readonly<Record<string, "semicolon" | "comma" | "tab" | "bar">> = {
  ";": "semicolon",
  ",": "comma",
  "\t": "tab",
  "|": "bar",
};

/** An import: how far it is, its lines, and what can be done with it. */
export function ImportView({ id }: { id: string }) {
  const { t } = useTranslation();
  const [{ data, error, fetching }, ask] = useQuery({
    query: CustomerImportDocument,
    variables: { id },
    requestPolicy: "cache-and-network",
  });
  const one = data?.customerImport;
  const goesOn =
    one &&
    (one.state === "READING" ||
      one.state === "CHECKING" ||
      one.state === "RUNNING" ||
      (one.invitesContacts && one.state === "DONE" && one.invitedCount < one.contactCount));
  const until = one?.state === "DONE" ? longPause : pause;
  useEffect(() => {
    if (!goesOn || fetching) return;
    const timer = setTimeout(() => ask({ requestPolicy: "network-only" }), until);
    return () => clearTimeout(timer);
  }, [goesOn, fetching, ask, until]);

  if (error && !one) return <Failed error={error} retry={() => ask({ requestPolicy: "network-only" })} />;
  if (!one)
    return fetching || !data ? (
      <Skeleton h={120} />
    ) : (
      <EmptyState p="xl" icon={<IconFileOff stroke={1.5} />} title={t("customers.import.gone")} />
    );
  return <View one={one} />;
}

function View({ one }: { one: ImportPartsFragment }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [shown, setShown] = useState<Outcome | "ALL">("ALL");
  const [invites, setInvites] = useState(false);
  const [refused, setRefused] = useState<string>();
  const [{ fetching: starting }, start] = useMutation(StartCustomerImportDocument);
  const [{ fetching: inviting }, invite] = useMutation(InviteImportedContactsDocument);
  const [, discard] = useMutation(DiscardCustomerImportDocument);
  const { id, state, createdCount, changedCount, unchangedCount, refusedCount, contactCount, invitedCount } = one;
  const counts: Record<Outcome, number> = {
    CREATED: createdCount,
    CHANGED: changedCount,
    UNCHANGED: unchangedCount,
    REFUSED: refusedCount,
  };
  const isKnown = state === "CHECKED" || state === "RUNNING" || state === "DONE";

  const say = (error: CombinedError | undefined, errors: readonly RefusalFragment[] | undefined) => {
    setRefused(error ? failureText(t, error) : errors?.[0] && refusalText(t, errors[0]));
    return !error && !errors?.length;
  };
  const begin = async () => {
    const { data, error } = await start({ input: { id, digest: one.digest ?? "", inviteContacts: invites } });
    say(error, data?.startCustomerImport.errors);
  };
  const inviteAll = async () => {
    const { data, error } = await invite({ input: { id } });
    say(error, data?.inviteImportedContacts.errors);
  };
  const leave = async () => {
    if (state === "RUNNING") return;
    const { data, error } = await discard({ input: { id } });
    if (say(error, data?.discardCustomerImport.errors)) await navigate({ to: "/customers/import", search: {} });
  };
  const download = async () => {
    try {
      await downloadFile({ url: `/customer-imports/${id}/refused.csv`, name: t("customers.import.refusedName") });
    } catch {
      setRefused(t("customers.import.downloadFailed"));
    }
  };

  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Text fw={560} style={{ overflowWrap: "anywhere" }}>
          {one.fileName}
        </Text>
        <Badge variant="light" tt="none" role="status">
          {t(`customers.import.state.${state}`)}
        </Badge>
      </Group>
      {refused && <Refused>{refused}</Refused>}
      {one.problem && (
        <Refused>
          {t(`customers.import.problem.${one.problem}`)} {t("customers.import.line", { line: one.problemLine ?? 1 })}
        </Refused>
      )}
      {(state === "READING" || state === "CHECKING" || state === "RUNNING") && (
        <Stack gap={4}>
          <Progress
            animated
            value={one.lineCount > 0 ? (100 * one.progress) / one.lineCount : 100}
            aria-label={t(`customers.import.state.${state}`)}
          />
          <Text size="sm" c="dimmed">
            {t("customers.import.progress", { count: one.lineCount, done: one.progress, all: one.lineCount || "…" })}
          </Text>
        </Stack>
      )}
      {one.encoding && (
        <Text size="sm" c="dimmed">
          {t("customers.import.encoding", {
            encoding: one.encoding.toUpperCase(),
            separator: t(`customers.import.separator.${separators[one.separator ?? ""] ?? "semicolon"}`),
          })}{" "}
          {one.ignoredColumns.length > 0
            ? t("customers.import.ignored", { columns: one.ignoredColumns.join(", ") })
            : t("customers.import.ignoredNone")}
        </Text>
      )}
      {state === "CHECKED" && (
        <Alert
          role="group"
          aria-label={t(`customers.import.state.${state}`)}
          variant="light"
          styles={{ message: { color: "var(--mantine-color-text)" } }}
        >
          {createdCount + changedCount === 0 ? (
            t("customers.import.nothing")
          ) : (
            <Stack align="start">
              <Text>
                {t("customers.import.startText", { created: createdCount, changed: changedCount, contacts: contactCount })}
              </Text>
              {contactCount > 0 && (
                <Checkbox
                  label={t("customers.import.invite")}
                  description={t("customers.import.inviteHint")}
                  checked={invites}
                  onChange={(event) => setInvites(event.currentTarget.checked)}
                />
              )}
              <Button leftSection={<IconPlayerPlay size={16} />} loading={starting} onClick={() => void begin()}>
                {t("customers.import.start")}
              </Button>
            </Stack>
          )}
        </Alert>
      )}
      {state === "DONE" && (
        <Alert
          role="group"
          aria-label={t(`customers.import.state.${state}`)}
          variant="light"
          styles={{ message: { color: "var(--mantine-color-text)" } }}
        >
          <Stack align="start">
            <Text>
              {t("customers.import.done")}{" "}
              {t("customers.import.startText", { created: createdCount, changed: changedCount, contacts: contactCount })}
            </Text>
            {contactCount > 0 &&
              (one.invitesContacts ? (
                <Text>{t("customers.import.invited", { count: contactCount, invited: invitedCount })}</Text>
              ) : (
                <Button variant="default" loading={inviting} onClick={() => void inviteAll()}>
                  {t("customers.import.inviteNow")}
                </Button>
              ))}
          </Stack>
        </Alert>
      )}
      {isKnown && (
        <>
          <div style={{ overflowX: "auto" }}>
            <SegmentedControl
              fullWidth
              aria-label={t("customers.import.lines")}
              value={shown}
              onChange={(value) => setShown(value as Outcome | "ALL")}
              data={[
                { value: "ALL", label: `${t("customers.import.all")} ${one.lineCount}` },
                ...outcomes.map((outcome) => ({
                  value: outcome,
                  label: `${t(`customers.import.outcome.${outcome}`)} ${counts[outcome]}`,
                })),
              ]}
            />
          </div>
          <Lines key={`${shown} ${state}`} id={id} outcome={shown === "ALL" ? null : shown} />
        </>
      )}
      <Group>
        {isKnown && refusedCount > 0 && (
          <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => void download()}>
            {t("customers.import.refusedFile")}
          </Button>
        )}
        {state !== "RUNNING" && state !== "READING" && state !== "CHECKING" && (
          <Button variant="default" onClick={() => void navigate({ to: "/customers/import", search: {} })}>
            {t("customers.import.another")}
          </Button>
        )}
        {state !== "RUNNING" && (
          <Button variant="subtle" color="red" onClick={() => void leave()}>
            {t("customers.import.discard")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
