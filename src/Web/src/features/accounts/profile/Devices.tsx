import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconApi, IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../../api/errors";
import {
  EndOtherSessionsDocument,
  EndSessionDocument,
  type SessionPartsFragment,
  SessionsDocument,
} from "../../../gql/pages/graphql";
import { Failed } from "../../../ui/Failed";
import { Refused } from "../../../ui/Refused";
import { Section } from "../../../ui/Section";
import { Time } from "../../../ui/Time";
import classes from "./Devices.module.css";

const isPhone = (device: string) => /iPhone|iPad|Android/.test(device);

/** The viewer's sessions, and the way to end them: a computer in another office, a phone that was lost. */
export function Devices() {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: SessionsDocument, requestPolicy: "cache-and-network" });
  const [{ fetching: ending }, end] = useMutation(EndSessionDocument);
  const [{ fetching: endingOthers }, endOthers] = useMutation(EndOtherSessionsDocument);
  const [said, setSaid] = useState<string>();
  const [refused, setRefused] = useState<string>();
  const sessions = data?.viewer.sessions ?? [];

  const run = async (work: () => Promise<{ problem: string | undefined }>, done: string) => {
    setSaid(undefined);
    setRefused(undefined);
    const { problem } = await work();
    if (problem) setRefused(problem);
    else setSaid(done);
    // A session that was ended elsewhere leaves the list.
    if (problem) again({ requestPolicy: "network-only" });
  };
  const endOne = (id: string) =>
    run(async () => {
      const { data: answer, error: failure } = await end({ input: { id } });
      const refusal = answer?.endSession.errors[0];
      return { problem: failure ? failureText(t, failure) : refusal && refusalText(t, refusal) };
    }, t("accounts.profile.devices.ended"));
  const endAllOthers = () =>
    run(async () => {
      const { error: failure } = await endOthers({});
      return { problem: failure && failureText(t, failure) };
    }, t("accounts.profile.devices.endedOthers"));

  return (
    <Section title={t("accounts.profile.devices.title")} lead={t("accounts.profile.devices.lead")} anchor="devices">
      {refused && <Refused mb="sm">{refused}</Refused>}
      {data ? (
        <Stack gap={0} component="ul" className={classes.list} aria-label={t("accounts.profile.devices.title")}>
          {sessions.map((session) => (
            <Device key={session.id} session={session} busy={ending} end={() => void endOne(session.id)} />
          ))}
        </Stack>
      ) : error ? (
        <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />
      ) : (
        <Skeleton h={120} role="status" aria-busy aria-label={t("common.loading")} />
      )}
      <Group justify="space-between" mt="sm">
        <Text role="status" size="sm" c="var(--status-answered)" mih={20}>
          {said}
        </Text>
        {sessions.some(({ isCurrent }) => !isCurrent) && (
          <Button variant="default" size="xs" loading={endingOthers} onClick={() => void endAllOthers()}>
            {t("accounts.profile.devices.endOthers")}
          </Button>
        )}
      </Group>
    </Section>
  );
}

interface Props {
  session: SessionPartsFragment;
  busy: boolean;
  end: () => void;
}

function Device({ session, busy, end }: Props) {
  const { t } = useTranslation();
  const { device, network, inBrowser, isCurrent, startedAt, lastUsedAt, account } = session;
  const name = device || t(inBrowser ? "accounts.profile.devices.unknown" : "accounts.profile.devices.program");
  const Icon = !inBrowser ? IconApi : isPhone(device) ? IconDeviceMobile : IconDeviceDesktop;
  return (
    <li className={classes.device}>
      <Icon size={22} stroke={1.5} aria-hidden />
      <div className={classes.text}>
        <Group gap={8}>
          <Text fw={550}>{name}</Text>
          {isCurrent && (
            <Text size="xs" fw={560} c="var(--status-answered)">
              {t("accounts.profile.devices.this")}
            </Text>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {t("accounts.profile.devices.used")} <Time at={lastUsedAt} /> · {t("accounts.profile.devices.since")}{" "}
          <Time at={startedAt} />
          {network && <> · {t("accounts.profile.devices.from", { network })}</>}
          {account && !account.isCurrent && <> · {[account.customerName, account.organisationName].filter(Boolean).join(", ")}</>}
        </Text>
      </div>
      {!isCurrent && (
        <Button
          size="compact-xs"
          variant="default"
          disabled={busy}
          onClick={end}
          aria-label={t("accounts.profile.devices.endNamed", { device: name })}
        >
          {t("accounts.profile.devices.end")}
        </Button>
      )}
    </li>
  );
}
