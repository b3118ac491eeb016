import { ActionIcon, Button, Group, Modal, Select, Stack, Text, Tooltip } from "@mantine/core";
import { IconPlayerPlayFilled } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { runIds, useBulk } from "./useBulk";

interface Props {
  /** The conversations that the action is run on. */
  ids: readonly string[];
  done?: () => void;
}

/** Aktionsauswahl: choose an action, press ▶, and confirm it with "Aktion durchführen". */
export function RunAction({ ids, done }: Props) {
  const { t } = useTranslation();
  const { notify } = useBulk();
  const [action, setAction] = useState<string | null>(null);
  const [confirming, setConfirming] = useState(false);
  const [running, setRunning] = useState(false);
  // The same ids for one run, also when it has to be sent again.
  const run = useRef<string[]>([]);

  const perform = async () => {
    setRunning(true);
    const all = await notify(ids, run.current);
    setRunning(false);
    if (!all) return;
    setConfirming(false);
    setAction(null);
    done?.();
  };

  return (
    <>
      <Group gap={6} wrap="nowrap" miw={0}>
        <Select
          aria-label={t("conversations.action.label")}
          placeholder={t("conversations.action.label")}
          size="xs"
          flex={1}
          miw={120}
          value={action}
          onChange={setAction}
          data={[{ value: "notify", label: t("conversations.action.notify") }]}
          comboboxProps={{ width: 320, position: "bottom-end" }}
        />
        <Tooltip label={t("conversations.action.run")}>
          <ActionIcon
            variant="filled"
            color="ink"
            size={30}
            aria-label={`▶ ${t("conversations.action.run")}`}
            disabled={!action}
            onClick={() => {
              run.current = runIds(ids.length);
              setConfirming(true);
            }}
          >
            <IconPlayerPlayFilled size={14} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Modal
        opened={confirming}
        onClose={() => setConfirming(false)}
        title={t("conversations.action.notify")}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
        centered
      >
        <Stack>
          <Text>{t("conversations.action.question", { count: ids.length })}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setConfirming(false)}>
              {t("common.action.cancel")}
            </Button>
            <Button data-autofocus loading={running} onClick={() => void perform()}>
              {t("conversations.action.confirm")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
