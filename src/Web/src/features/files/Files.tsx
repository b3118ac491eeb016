import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { IconDownload, IconHourglass, IconShieldX } from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useViewer } from "../../api/session";
import { type FilePartsFragment, FileStateDocument, QuarantineReasonDocument } from "../../gql/pages/graphql";
import { sizeText } from "./bytes";
import { useDownload, useFileAddress } from "./download";
import { FileIcon } from "./FileIcon";
import classes from "./Files.module.css";
import { isViewable } from "./viewable";

const FileViewer = lazy(() => import("./FileViewer").then(({ FileViewer }) => ({ default: FileViewer })));

/** Whether Office may run macros of a file. Offices exchange such documents all the same. */
const mayRunMacros = (name: string) => /\.(doc|dot|xls|xlt|ppt|pot|pps)m$|\.xlsb$/i.test(name);

/** The interval in which a file's scan is asked for, in ms. */
const askEvery = 10_000;

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
          <FileCard key={file.id} file={file} show={show} />
        ))}
      </ul>
      {shown && (
        <Suspense>
          <FileViewer file={shown} files={files.filter(isViewable)} show={show} label={t("files.viewer")} />
        </Suspense>
      )}
    </>
  );
}

/** A file as it is by now: one that waits for the scanner is asked for until that has looked at it. */
function useScanned(file: FilePartsFragment): FilePartsFragment {
  const { id, awaitsScan } = file;
  const [{ data }, ask] = useQuery({ query: FileStateDocument, variables: { id }, pause: true });
  const now = data?.node?.__typename === "File" ? { ...file, ...data.node } : file;
  const waits = awaitsScan && now.awaitsScan;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => ask({ requestPolicy: "network-only" }), askEvery);
    return () => clearInterval(timer);
  }, [ask, waits]);
  return awaitsScan ? now : file;
}

/** Says that nobody gets a file, and why: the server's scanner found something in it, or has not looked at it yet. */
function Blocked({ file: { id, quarantined } }: { file: FilePartsFragment }) {
  const { t } = useTranslation();
  const office = useViewer().role !== "CUSTOMER";
  const [{ data }] = useQuery({ query: QuarantineReasonDocument, variables: { id }, pause: !quarantined || !office });
  const found = data?.node?.__typename === "File" ? data.node.quarantineReason : undefined;
  return (
    <span className={classes.blocked} data-quarantined={quarantined || undefined}>
      {t(quarantined ? "files.quarantined" : "files.awaitsScan")}
      {found && ` ${t("files.quarantineReason", { name: found })}`}
    </span>
  );
}

function FileCard({ file: given, show }: { file: FilePartsFragment; show: (file: FilePartsFragment) => void }) {
  const file = useScanned(given);
  const view = isViewable(file) ? () => show(file) : undefined;
  const { t, i18n } = useTranslation();
  const { download, busy } = useDownload();
  const size = sizeText(file.size, i18n.language);

  // Erased with its uploader: there is no content, and so no hash of it.
  if (file.sha256 === "")
    return (
      <li className={classes.file} data-blocked>
        <span className={classes.text}>
          <span className={classes.name}>{t("files.erased")}</span>
          <span className={classes.size}>{size}</span>
        </span>
      </li>
    );
  if (file.quarantined || file.awaitsScan) {
    const Icon = file.quarantined ? IconShieldX : IconHourglass;
    return (
      <li className={classes.file} data-blocked>
        <div className={classes.line}>
          <Icon size={22} stroke={1.6} className={classes.shield} data-quarantined={file.quarantined || undefined} aria-hidden />
          <span className={classes.text}>
            <span className={classes.name} title={file.name}>
              {file.name}
            </span>
            <span className={classes.size}>{size}</span>
            <Blocked file={file} />
          </span>
        </div>
      </li>
    );
  }
  return (
    <li className={classes.file} data-picture={file.thumbnailUrl ? true : undefined}>
      {file.thumbnailUrl && view && (
        <UnstyledButton className={classes.picture} onClick={view} aria-label={t("files.view", { name: file.name })}>
          <Thumbnail file={file} />
        </UnstyledButton>
      )}
      <div className={classes.line}>
        <Tooltip label={t("files.download", { name: file.name })}>
          <ActionIcon
            variant="light"
            color="ink"
            size={34}
            loading={busy}
            aria-label={t("files.download", { name: file.name })}
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
          {mayRunMacros(file.name) && <span className={classes.blocked}>{t("files.macros")}</span>}
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
