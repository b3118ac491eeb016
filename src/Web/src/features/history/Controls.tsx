import "@mantine/dates/styles.css";
import "dayjs/locale/de";
import { ActionIcon, Group, Slider, Text, Tooltip } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useHotkeys, useId, useInterval } from "@mantine/hooks";
import {
  IconChevronLeft,
  IconChevronRight,
  IconChevronsLeft,
  IconChevronsRight,
  IconPlayerPause,
  IconPlayerPlay,
} from "@tabler/icons-react";
import dayjs from "dayjs";
import timezone from "dayjs/plugin/timezone";
import utc from "dayjs/plugin/utc";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EventRowFragment } from "../../gql/pages/graphql";
import { useOfficeTime } from "../../ui/officeTime";
import classes from "./History.module.css";

dayjs.extend(utc);
dayjs.extend(timezone);

/** The time that each event stays while the history is played, in ms. */
const pace = 1_200;

interface Props {
  /** 0: before the first event. */
  version: number;
  total: number;
  at?: string;
  event?: EventRowFragment;
  showVersion: (version: number) => void;
  showInstant: (instant: string | undefined) => void;
}

/** Chooses the moment: by a slider over the events, step by step, played, or by date and time. */
export function Controls({ version, total, at, event, showVersion, showInstant }: Props) {
  const { t, i18n } = useTranslation();
  const { zone, exact } = useOfficeTime();
  const id = useId();
  const [dragged, setDragged] = useState<number>();
  const { start, stop, active } = useInterval(() => showVersion(version + 1), pace);
  const position = (of: number) =>
    of === 0 ? t("history.controls.before") : t("history.controls.position", { version: of, total });
  const atEnd = version >= total;
  useEffect(() => {
    if (atEnd) stop();
  }, [atEnd, stop]);

  const step = (to: number) => () => {
    stop();
    showVersion(to);
  };
  // The slider has used the key already when it has the focus.
  const unlessUsed = (act: () => void) => (pressed: KeyboardEvent) => {
    if (!pressed.defaultPrevented) act();
  };
  useHotkeys([
    ["ArrowLeft", unlessUsed(step(version - 1)), { preventDefault: false }],
    ["ArrowRight", unlessUsed(step(version + 1)), { preventDefault: false }],
  ]);

  const time = event && exact(event.occurredAt);
  const button = (name: "first" | "previous" | "next" | "last", Icon: typeof IconChevronLeft, to: number, disabled: boolean) => (
    <Tooltip label={t(`history.controls.${name}`)}>
      <ActionIcon variant="default" aria-label={t(`history.controls.${name}`)} disabled={disabled} onClick={step(to)}>
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
  return (
    <section className={classes.controls} aria-label={t("history.controls.label")}>
      <Group gap="md" justify="space-between">
        <Group gap={6}>
          {button("first", IconChevronsLeft, 1, version <= 1)}
          {button("previous", IconChevronLeft, version - 1, version <= 1)}
          <Tooltip label={t(active ? "history.controls.pause" : "history.controls.play")}>
            <ActionIcon
              variant="default"
              aria-label={t(active ? "history.controls.pause" : "history.controls.play")}
              disabled={total < 2}
              onClick={() => {
                if (active) return stop();
                if (atEnd) showVersion(1);
                start();
              }}
            >
              {active ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
            </ActionIcon>
          </Tooltip>
          {button("next", IconChevronRight, version + 1, atEnd)}
          {button("last", IconChevronsRight, total, atEnd)}
          <Text size="sm" ms={6} role="status">
            {position(dragged ?? version)}
          </Text>
        </Group>
        <DateTimePicker
          size="xs"
          w={250}
          clearable
          withSeconds
          hideOutsideDates
          id={id}
          // Its calendar is labelled by what has this id.
          popoverProps={{ id }}
          ariaLabels={{
            previousMonth: t("history.calendar.previousMonth"),
            nextMonth: t("history.calendar.nextMonth"),
            previousYear: t("history.calendar.previousYear"),
            nextYear: t("history.calendar.nextYear"),
            previousDecade: t("history.calendar.previousDecade"),
            nextDecade: t("history.calendar.nextDecade"),
            monthLevelControl: t("history.calendar.months"),
            yearLevelControl: t("history.calendar.years"),
          }}
          timePickerProps={{
            "aria-label": t("history.calendar.time"),
            hoursInputLabel: t("history.calendar.hours"),
            minutesInputLabel: t("history.calendar.minutes"),
            secondsInputLabel: t("history.calendar.seconds"),
          }}
          locale={i18n.language}
          valueFormat={`[${t("history.controls.on")}] ${i18n.language === "de" ? "DD.MM.YYYY HH:mm:ss" : "DD MMM YYYY HH:mm:ss"}`}
          placeholder={t("history.controls.at")}
          clearButtonProps={{ "aria-label": t("history.controls.now") }}
          submitButtonProps={{ "aria-label": t("history.controls.choose") }}
          maxDate={dayjs().tz(zone).endOf("day").format("YYYY-MM-DD HH:mm:ss")}
          value={at ? dayjs(at).tz(zone).format("YYYY-MM-DD HH:mm:ss") : null}
          onChange={(value) => {
            stop();
            showInstant(value ? dayjs.tz(value, zone).toISOString() : undefined);
          }}
        />
      </Group>
      <Slider
        mt="sm"
        min={1}
        max={Math.max(total, 2)}
        disabled={total < 2}
        value={Math.max(dragged ?? version, 1)}
        onChange={setDragged}
        onChangeEnd={(to) => {
          setDragged(undefined);
          stop();
          showVersion(to);
        }}
        label={(value) => t("history.controls.event", { version: value })}
        thumbLabel={t("history.controls.slider")}
        thumbProps={{
          "aria-valuetext": `${position(dragged ?? version)}${time ? `, ${time}` : ""}`,
        }}
      />
      <Text size="xs" c="dimmed" mt={4}>
        {t("history.zone", { zone })}
      </Text>
    </section>
  );
}
