import { Button, Checkbox, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { IconArchive } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { save } from "../../../api/save";
import { authorizedFetch } from "../../../api/session";
import { notice } from "../../../ui/notice";
import { archiveUrl } from "./archiveUrl";
import type { LogSearch } from "./search";

/** Takes the archive out as a ZIP: all of it, or what the customer may show that the log is filtered by, of the days of the filter. */
export function Archive({ search }: { search: LogSearch }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [ofCustomer, setOfCustomer] = useState(false);
  const [notes, setNotes] = useState(false);
  const [busy, setBusy] = useState(false);
  const customer = ofCustomer ? search.customer : undefined;
  const take = async () => {
    setBusy(true);
    try {
      const response = await authorizedFetch(archiveUrl(customer, search.from, search.to, notes), { method: "POST" });
      if (response.ok) {
        save(await response.blob(), "archiv.zip");
        setOpened(false);
      } else {
        const why = response.status === 429 ? "busy" : response.status === 404 ? "forbidden" : "failed";
        void notice({ kind: "failure", message: t(`history.archive.${why}`) });
      }
    } catch {
      void notice({ kind: "failure", message: t("history.archive.failed") });
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Group mb="md">
        <Button variant="default" leftSection={<IconArchive size={16} />} onClick={() => setOpened(true)}>
          {t("history.archive.open")}
        </Button>
      </Group>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t("history.archive.open")}
        closeButtonProps={{ "aria-label": t("common.action.close") }}
      >
        <Stack>
          <Text size="sm">{t("history.archive.lead")}</Text>
          <Radio.Group
            label={t("history.archive.what")}
            value={ofCustomer ? "customer" : "all"}
            onChange={(value) => setOfCustomer(value === "customer")}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="all" label={t("history.archive.all")} />
              <Radio
                value="customer"
                label={t("history.archive.customer")}
                description={search.customer ? undefined : t("history.archive.choose")}
                disabled={!search.customer}
              />
            </Stack>
          </Radio.Group>
          <Checkbox
            label={t("history.archive.notes")}
            checked={!customer || notes}
            disabled={!customer}
            onChange={(event) => setNotes(event.currentTarget.checked)}
          />
          <Button loading={busy} onClick={() => void take()}>
            {t("history.archive.take")}
          </Button>
        </Stack>
      </Modal>
    </>
  );
}
