import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { lazy, Suspense, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { downloadFile, useFileAddress } from "../../../api/files";
import type { FilePartsFragment } from "../../../gql/pages/graphql";
import { sizeText } from "../../../ui/bytes";
import { FileIcon } from "../../../ui/FileIcon";
import { notice } from "../../../ui/notice";
import classes from "./Files.module.css";

const FileViewer = lazy(() => import("./FileViewer").then(({ FileViewer }) => ({ default: FileViewer })));

/** The types that the page can show; all others are for downloading. */
export const isPicture = (mediaType: string) => /^image\/(png|jpeg|gif|webp)$/.test(mediaType);
const isViewable = (mediaType: string) => isPicture(mediaType) || mediaType === "application/pdf";

/** The files of a comment: their icon downloads them; pictures and PDFs can be looked at here. */
export function Files({ files }: { files: readonly FilePartsFragment[] }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<FilePartsFragment>();
  const opener = useRef<Element>(null);
  const show = (file: FilePartsFragment | undefined) => {
    if (!shown) opener.current = document.activeElement;
    setShown(file);
    // The viewer is gone with the file: whoever uses the keyboard continues where they were.
    if (!file && opener.current instanceof HTMLElement) opener.current.focus();
  };
  if (files.length === 0) return null;
  return (
    <>
      <ul className={classes.files}>
        {files.map((file) => (
          <FileCard key={file.id} file={file} view={isViewable(file.mediaType) ? () => show(file) : undefined} />
        ))}
      </ul>
      {shown && (
        <Suspense>
          <FileViewer
            file={shown}
            files={files.filter(({ mediaType }) => isViewable(mediaType))}
            show={show}
            label={t("conversations.files.viewer")}
          />
        </Suspense>
      )}
    </>
  );
}

/** Downloads a file, and says so when that fails. */
export function useDownload() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const download = async (file: FilePartsFragment) => {
    setBusy(true);
    try {
      await downloadFile(file);
    } catch {
      void notice({ kind: "failure", message: t("conversations.files.downloadFailed", { name: file.name }) });
    } finally {
      setBusy(false);
    }
  };
  return { download, busy };
}

function FileCard({ file, view }: { file: FilePartsFragment; view: (() => void) | undefined }) {
  const { t, i18n } = useTranslation();
  const { download, busy } = useDownload();
  const size = sizeText(file.size, i18n.language);
  return (
    <li className={classes.file} data-picture={file.thumbnailUrl ? true : undefined}>
      {file.thumbnailUrl && view && (
        <UnstyledButton
          className={classes.picture}
          onClick={view}
          aria-label={t("conversations.files.view", { name: file.name })}
        >
          <Thumbnail file={file} />
        </UnstyledButton>
      )}
      <div className={classes.line}>
        <Tooltip label={t("conversations.files.download", { name: file.name })}>
          <ActionIcon
            variant="light"
            color="ink"
            size={34}
            loading={busy}
            aria-label={t("conversations.files.download", { name: file.name })}
            onClick={() => void download(file)}
          >
            <span className={classes.icon}>
              <FileIcon mediaType={file.mediaType} />
            </span>
            <IconDownload size={19} stroke={1.7} className={classes.arrow} />
          </ActionIcon>
        </Tooltip>
        <span className={classes.text}>
          {view ? (
            <UnstyledButton className={classes.name} onClick={view} title={file.name} tabIndex={file.thumbnailUrl ? -1 : 0}>
              {file.name}
            </UnstyledButton>
          ) : (
            <span className={classes.name} title={file.name}>
              {file.name}
            </span>
          )}
          <span className={classes.size}>{size}</span>
        </span>
      </div>
    </li>
  );
}

/** The small picture that the server made of it. */
function Thumbnail({ file }: { file: FilePartsFragment }) {
  const address = useFileAddress(file.thumbnailUrl ?? undefined, "image/webp");
  if (!address) return <FileIcon mediaType={file.mediaType} size={28} />;
  return <img src={address} alt="" />;
}
