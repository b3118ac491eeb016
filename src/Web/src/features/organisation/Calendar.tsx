import { Button, Checkbox, Group, NativeSelect, Pill, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { ChangeCalendarDocument, type Land, type OrganisationPartsFragment, type Weekday } from "../../gql/pages/graphql";
import { day as dayText } from "../../ui/day";
import { Refused } from "../../ui/Refused";
import { Section } from "../../ui/Section";
import { lands, problemOf, today, weekdays } from "./calendarForm";

/** When the office works: business time in figures is of this. */
export function Calendar({ organisation, mayEdit }: { organisation: OrganisationPartsFragment; mayEdit: boolean }) {
  const { t } = useTranslation();
  const { calendars, timeZone } = organisation.settings;
  const latest = calendars[calendars.length - 1]!;
  const [{ fetching }, change] = useMutation(ChangeCalendarDocument);
  const [from, setFrom] = useState(today(timeZone, new Date()));
  const [hours, setHours] = useState(() => latest.hours.map(({ day, opens, closes }) => ({ day, opens, closes })));
  const [land, setLand] = useState<Land | "">(latest.land ?? "");
  const [daysOff, setDaysOff] = useState<readonly string[]>(latest.daysOff);
  const [dayOff, setDayOff] = useState("");
  const [refused, setRefused] = useState<string>();
  const [saved, setSaved] = useState(false);
  const of = (day: Weekday) => hours.find((h) => h.day === day);
  const set = (day: Weekday, values?: { opens?: string; closes?: string }) => {
    setSaved(false);
    const others = hours.filter((h) => h.day !== day);
    setHours(values ? [...others, { day, opens: "08:00", closes: "17:00", ...of(day), ...values }] : others);
  };
  const save = async () => {
    setSaved(false);
    const problem = problemOf(hours, daysOff);
    setRefused(problem && t(`organisation.settings.calendar.problems.${problem}`));
    if (problem) return;
    const { data, error } = await change({ input: { from, hours, land: land || null, daysOff: [...daysOff] } });
    const refusal = data?.changeCalendar.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else setSaved(true);
  };

  return (
    <Section title={t("organisation.settings.calendar.section")} lead={t("organisation.settings.calendar.lead")}>
      <Stack gap="sm">
        <ul style={{ margin: 0, paddingInlineStart: "1.2em" }}>
          {calendars.map((calendar) => (
            <Text component="li" size="sm" key={calendar.from ?? ""}>
              {calendar.from
                ? t("organisation.settings.calendar.from", { date: dayText(calendar.from) })
                : t("organisation.settings.calendar.default")}{" "}
              {calendar.hours
                .map(({ day, opens, closes }) => `${t(`organisation.settings.calendar.short.${day}`)} ${opens}–${closes}`)
                .join(", ")}
              {calendar.land ? ` · ${t("organisation.settings.calendar.holidays", { land: lands[calendar.land] })}` : ""}
              {calendar.daysOff.length > 0
                ? ` · ${t("organisation.settings.calendar.off", { count: calendar.daysOff.length })}`
                : ""}
            </Text>
          ))}
        </ul>
        {mayEdit && (
          <>
            <TextInput
              type="date"
              label={t("organisation.settings.calendar.begin")}
              description={t("organisation.settings.calendar.beginHint")}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            {weekdays.map((day) => {
              const name = t(`organisation.settings.calendar.days.${day}`);
              return (
                <Group key={day} gap="xs" role="group" aria-label={name}>
                  <Checkbox
                    label={name}
                    w="8.5em"
                    checked={of(day) !== undefined}
                    onChange={(event) => set(day, event.currentTarget.checked ? {} : undefined)}
                  />
                  {(["opens", "closes"] as const).map((end) => (
                    <TextInput
                      key={end}
                      aria-label={`${name}: ${t(`organisation.settings.calendar.${end}`)}`}
                      w="5.5em"
                      maxLength={5}
                      disabled={!of(day)}
                      value={of(day)?.[end] ?? ""}
                      onChange={(event) => set(day, { [end]: event.currentTarget.value })}
                    />
                  ))}
                </Group>
              );
            })}
            <NativeSelect
              label={t("organisation.settings.calendar.land")}
              description={t("organisation.settings.calendar.landHint")}
              value={land}
              onChange={(event) => setLand(event.currentTarget.value as Land | "")}
              data={[
                { value: "", label: t("organisation.settings.calendar.noLand") },
                ...Object.entries(lands).map(([value, label]) => ({ value, label })),
              ]}
            />
            <Group align="end" gap="xs">
              <TextInput
                type="date"
                label={t("organisation.settings.calendar.dayOff")}
                value={dayOff}
                onChange={(event) => setDayOff(event.currentTarget.value)}
              />
              <Button
                variant="default"
                disabled={!dayOff || daysOff.includes(dayOff)}
                onClick={() => {
                  setDaysOff([...daysOff, dayOff].sort());
                  setDayOff("");
                }}
              >
                {t("organisation.settings.calendar.addDayOff")}
              </Button>
            </Group>
            {daysOff.length > 0 && (
              <Pill.Group>
                {daysOff.map((day) => (
                  <Pill
                    key={day}
                    withRemoveButton
                    removeButtonProps={{
                      "aria-label": t("organisation.settings.calendar.removeDayOff", { date: dayText(day) }),
                      "aria-hidden": false,
                      tabIndex: 0,
                    }}
                    onRemove={() => setDaysOff(daysOff.filter((other) => other !== day))}
                  >
                    {dayText(day)}
                  </Pill>
                ))}
              </Pill.Group>
            )}
            {refused && <Refused>{refused}</Refused>}
            <Group>
              <Button variant="default" loading={fetching} disabled={!from} onClick={() => void save()}>
                {t("organisation.settings.calendar.save")}
              </Button>
              <Text role="status" size="sm" c="var(--status-answered)">
                {saved && t("organisation.settings.calendar.saved")}
              </Text>
            </Group>
          </>
        )}
      </Stack>
    </Section>
  );
}
