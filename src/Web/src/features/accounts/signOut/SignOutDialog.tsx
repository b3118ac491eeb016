import { Button, Group, Modal, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { keep, useAllKept } from "../../../api/kept";
import { signOut } from "../../../api/session";
import { unfinished } from "../../../api/unfinished";
import { stay } from "./askToSignOut";

/** Asks what shall become of comments that have not arrived yet. */
export function SignOutDialog() {
  const { t } = useTranslation();
  const unsent = useAllKept<{ id: string }>("outbox");
  const uploading = unfinished();
  const leave = (discard: boolean) => {
    if (discard) for (const { id } of unsent) keep("outbox", id, undefined);
    stay();
    void signOut();
  };
  return (
    <Modal
      opened
      onClose={stay}
      title={t("accounts.signOut.title")}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
    >
      {unsent.length > 0 && <Text size="sm">{t("accounts.signOut.text", { count: unsent.length })}</Text>}
      {uploading > 0 && <Text size="sm">{t("accounts.signOut.files", { count: uploading })}</Text>}
      <Group justify="end" mt="lg" gap="xs">
        <Button variant="default" onClick={stay} data-autofocus>
          {t("common.action.cancel")}
        </Button>
        {unsent.length > 0 ? (
          <>
            <Button color="red.9" variant="light" onClick={() => leave(true)}>
              {t("accounts.signOut.discard")}
            </Button>
            <Button onClick={() => leave(false)}>{t("accounts.signOut.keep")}</Button>
          </>
        ) : (
          <Button color="red.9" onClick={() => leave(false)}>
            {t("common.user.signOut")}
          </Button>
        )}
      </Group>
    </Modal>
  );
}
