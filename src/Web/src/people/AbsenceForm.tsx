import { Button, Group, Select, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { byField, failureText } from "../api/errors";
import { AbsenceOfDocument, type AbsenceOfQuery, type AbsencePartsFragment, SetAbsenceDocument } from "../gql/pages/graphql";
import { Failed } from "../ui/Failed";
import { Refused } from "../ui/Refused";
import { Absence } from "./Absence";

/** When somebody of the office is away, and who stands in: one's own, or, for owners, anybody's. */
export function AbsenceForm({ id }: { id: string }) {
  const { t } = useTranslation();
  const [{ data, error }, again] = useQuery({ query: AbsenceOfDocument, variables: { id }, requestPolicy: "cache-and-network" });
  const person = data?.node && "absence" in data.node ? data.node : undefined;
  if (person) {
    const { absence } = person;
    return <Fields key={JSON.stringify(absence)} id={id} absence={absence} people={data?.administrators.nodes ?? []} />;
  }
  if (error) return <Failed error={error} retry={() => again({ requestPolicy: "network-only" })} />;
  return <Skeleton h={120} role="status" aria-busy="true" aria-label={t("common.loading")} />;
}

interface Props {
  id: string;
  absence: AbsencePartsFragment | null;
  people: AbsenceOfQuery["administrators"]["nodes"];
}

function Fields({ id, absence, people }: Props) {
  const { t } = useTranslation();
  const [{ fetching }, set] = useMutation(SetAbsenceDocument);
  const [from, setFrom] = useState(absence?.from ?? "");
  const [to, setTo] = useState(absence?.to ?? "");
  const [deputy, setDeputy] = useState(absence?.deputy?.id ?? null);
  const [problems, setProblems] = useState<Record<string, string | undefined>>({});
  const colleagues = people.filter((each) => each.active && each.role === "ADMINISTRATOR" && each.id !== id);
  // Who has left is shown, so that somebody else is chosen.
  const left = absence?.deputy && !colleagues.some((each) => each.id === absence.deputy?.id) ? [absence.deputy] : [];

  const save = async (given: { from: string; to: string; deputyId: string | null } | null) => {
    const { data, error } = await set({ input: { id, absence: given } });
    setProblems(error ? { "": failureText(t, error) } : byField(t, data?.setAbsence.errors ?? [], ["from", "to", "deputyId"]));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const needed = t("people.absence.dayNeeded");
    if (!from || !to) return setProblems({ from: from ? undefined : needed, to: to ? undefined : needed });
    if (to < from) return setProblems({ to: t("people.absence.order") });
    void save({ from, to, deputyId: deputy });
  };

  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <div role="status">
          {absence ? (
            <Absence absence={absence} />
          ) : (
            <Text size="sm" c="dimmed">
              {t("people.absence.none")}
            </Text>
          )}
        </div>
        <Group grow align="start" gap="sm">
          <TextInput
            type="date"
            label={t("people.absence.from")}
            value={from}
            error={problems.from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="date"
            label={t("people.absence.to")}
            value={to}
            error={problems.to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
        </Group>
        <Select
          label={t("people.absence.deputyLabel")}
          description={t("people.absence.deputyHint")}
          placeholder={t("people.absence.nobody")}
          data={[
            ...left.map((each) => ({
              value: each.id,
              label: t("people.absence.left", { name: each.displayName }),
              disabled: true,
            })),
            ...colleagues.map((each) => ({ value: each.id, label: each.displayName })),
          ]}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("people.absence.nobody") }}
          value={deputy}
          error={problems.deputyId}
          onChange={setDeputy}
        />
        {problems[""] && <Refused>{problems[""]}</Refused>}
        <Group gap="sm">
          <Button type="submit" loading={fetching}>
            {t("common.action.save")}
          </Button>
          {absence && (
            <Button variant="default" disabled={fetching} onClick={() => void save(null)}>
              {t("people.absence.end")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
