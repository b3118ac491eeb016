import { ActionIcon, CloseButton, Loader, Progress } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./Attachments.module.css";
import { sizeText } from "./bytes";
import { FileIcon } from "./FileIcon";
import type { Attachment } from "./useAttachments";

interface Props {
  attachments: readonly Attachment[];
  remove: (key: string) => void;
  retry: (attachment: Attachment) => void;
}

/** The files that go with what somebody writes: how far they are, and a way to take them out. */
export function Attachments({ attachments, remove, retry }: Props) {
  const { t, i18n } = useTranslation();
  if (attachments.length === 0) return null;
  return (
    <ul className={classes.attachments} aria-label={t("files.add")}>
      {attachments.map((attachment) => {
        const { key, name, size, progress, uploaded, failed } = attachment;
        return (
          <li key={key} className={classes.attachment} data-failed={failed ? true : undefined}>
            {uploaded || failed ? <FileIcon mediaType={uploaded?.mediaType ?? ""} size={18} /> : <Loader size={16} aria-hidden />}
            <span className={classes.attachmentText}>
              <span className={classes.attachmentName} title={name}>
                {name}
              </span>
              {failed ? (
                <span role="alert">{t("files.failed", { name, why: t(`files.why.${failed}`) })}</span>
              ) : uploaded?.quarantined ? (
                <span role="alert">{t("files.quarantined")}</span>
              ) : uploaded ? (
                <span>{sizeText(size, i18n.language)}</span>
              ) : (
                <Progress size="xs" value={progress * 100} aria-label={t("files.uploading", { name })} />
              )}
            </span>
            {attachment.mayRetry && (
              <ActionIcon size="sm" aria-label={t("files.retry", { name })} onClick={() => retry(attachment)}>
                <IconRefresh size={15} />
              </ActionIcon>
            )}
            <CloseButton size="sm" aria-label={t("files.remove", { name })} onClick={() => remove(key)} />
          </li>
        );
      })}
    </ul>
  );
}
