import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { save } from "../../api/save";
import { authorizedFetch } from "../../api/session";
import { notice } from "../../ui/notice";

/** The bytes of a file: they need the token, which a link does not send. */
async function fetchFile(url: string, signal?: AbortSignal): Promise<Blob> {
  const response = await authorizedFetch(url, { signal: signal ?? null });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.blob();
}

/** Saves a file where the browser saves downloads. */
export async function downloadFile(file: { url: string; name: string }) {
  save(await fetchFile(file.url), file.name);
}

/** Downloads a file, and says so when that fails. */
export function useDownload() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const download = async (file: { url: string; name: string }) => {
    setBusy(true);
    try {
      await downloadFile(file);
    } catch {
      void notice({ kind: "failure", message: t("files.downloadFailed", { name: file.name }) });
    } finally {
      setBusy(false);
    }
  };
  return { download, busy };
}

/** An address at which the page can show a file; undefined while it is fetched, null when that failed. Without a file, undefined. */
export function useFileAddress(url: string | undefined, mediaType?: string): string | null | undefined {
  const [loaded, setLoaded] = useState<{ url: string; address: string | null }>();
  useEffect(() => {
    if (!url) return;
    const abort = new AbortController();
    let address: string | undefined;
    fetchFile(url, abort.signal).then(
      (blob) => {
        // The type decides what the browser does with it; the server's word on it is checked there.
        address = URL.createObjectURL(mediaType ? new Blob([blob], { type: mediaType }) : blob);
        setLoaded({ url, address });
      },
      () => {
        if (!abort.signal.aborted) setLoaded({ url, address: null });
      },
    );
    return () => {
      abort.abort();
      if (address) URL.revokeObjectURL(address);
    };
  }, [url, mediaType]);
  return loaded?.url === url ? loaded?.address : undefined;
}
