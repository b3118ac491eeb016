import { Button, FileButton, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import "@mantine/dropzone/styles.css";
import { IconPaperclip, IconUpload } from "@tabler/icons-react";
import type { ClipboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { notice } from "../../ui/notice";
import classes from "./Attachments.module.css";
import { named, pastedFiles } from "./pasting";

/** Adds files, and says when they are too many. */
export function useAddFiles(add: (files: readonly File[]) => number) {
  const { t } = useTranslation();
  return (files: readonly File[]) => {
    if (add(files) > 0) void notice({ kind: "warning", message: t("files.tooMany") });
  };
}

/** Takes files that are pasted where one writes, beside those that are there; text stays what it is. */
export function usePaste(add: (files: readonly File[]) => void, there: readonly { name: string }[]) {
  const { t } = useTranslation();
  return (event: ClipboardEvent<HTMLElement>) => {
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    const names = there.map(({ name }) => name);
    add(named(files, t("files.picture"), names));
  };
}

/** The ways for files to come in, besides pasting: choosing, and dropping them anywhere on the page. */
export function AddFiles({ add }: { add: (files: readonly File[]) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <FileButton multiple onChange={(files) => add(files)}>
        {(props) => (
          <Button
            {...props}
            variant="subtle"
            color="gray"
            size="compact-sm"
            leftSection={<IconPaperclip size={16} stroke={1.7} />}
            title={t("files.addHint")}
          >
            {t("files.add")}
          </Button>
        )}
      </FileButton>
      <Dropzone.FullScreen
        onDrop={(files) => add(files)}
        radius="lg"
        zIndex={400}
        withinPortal={false}
        inputProps={{ "aria-label": t("files.add"), "aria-hidden": true }}
      >
        <div className={classes.drop} aria-hidden>
          <IconUpload size={40} stroke={1.4} />
          <Text fz="lg" fw={560}>
            {t("files.drop")}
          </Text>
        </div>
      </Dropzone.FullScreen>
    </>
  );
}
