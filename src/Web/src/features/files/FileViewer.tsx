import { ActionIcon, Center, Group, Loader, Modal, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight, IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { FilePartsFragment } from "../../gql/pages/graphql";
import { useDownload, useFileAddress } from "./download";
import { isPicture } from "./viewable";

interface Props {
  file: FilePartsFragment;
  /** The other files that the viewer can show. */
  files: readonly FilePartsFragment[];
  show: (file: FilePartsFragment | undefined) => void;
  label: string;
}

/** Shows a picture or a PDF as large as the window is. */
export function FileViewer({ file, files, show, label }: Props) {
  const { t } = useTranslation();
  const { download, busy } = useDownload();
  const address = useFileAddress(file.url, file.mediaType);
  const at = files.findIndex(({ id }) => id === file.id);
  const step = (by: number) => {
    const next = files[at + by];
    if (next) show(next);
  };
  useHotkeys([
    ["ArrowLeft", () => step(-1)],
    ["ArrowRight", () => step(1)],
  ]);
  return (
    <Modal.Root opened onClose={() => show(undefined)} fullScreen transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content
        aria-label={`${label}: ${file.name}`}
        style={{ display: "flex", flexDirection: "column", flex: "none", width: "100vw" }}
      >
        <Modal.Header>
          <Modal.Title style={{ minWidth: 0, flex: 1 }}>
            <Text truncate fw={560}>
              {file.name}
            </Text>
          </Modal.Title>
          <Group gap={4} wrap="nowrap">
            {files.length > 1 && (
              <>
                <ActionIcon aria-label={t("common.action.previous")} disabled={at === 0} onClick={() => step(-1)}>
                  <IconChevronLeft size={18} />
                </ActionIcon>
                <ActionIcon aria-label={t("common.action.next")} disabled={at === files.length - 1} onClick={() => step(1)}>
                  <IconChevronRight size={18} />
                </ActionIcon>
              </>
            )}
            <ActionIcon loading={busy} aria-label={t("files.download", { name: file.name })} onClick={() => void download(file)}>
              <IconDownload size={18} />
            </ActionIcon>
            <Modal.CloseButton aria-label={t("common.action.close")} />
          </Group>
        </Modal.Header>
        <Modal.Body flex={1} mih={0} p={0} bg="var(--surface-sunken)">
          {address === undefined ? (
            <Center h="100%">
              <Loader role="status" aria-label={t("common.loading")} />
            </Center>
          ) : address === null ? (
            <Center h="100%" role="alert">
              {t("files.viewFailed")}
            </Center>
          ) : isPicture(file.mediaType) ? (
            <Center h="100%" p="md">
              <img
                src={address}
                alt={file.name}
                style={{ maxWidth: "100%", maxHeight: "calc(100dvh - 100px)", objectFit: "contain" }}
              />
            </Center>
          ) : (
            <iframe src={address} title={file.name} style={{ width: "100%", height: "calc(100dvh - 62px)", border: 0 }} />
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
