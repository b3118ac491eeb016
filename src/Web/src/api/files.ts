import { useEffect, useState } from "react";
import { authorization } from "./client";
import { end } from "./session";

/** The bytes of a file: they need the token, which a link does not send. */
async function fetchFile(url: string, signal?: AbortSignal): Promise<Blob> {
  const response = await fetch(url, { headers: authorization(), signal: signal ?? null });
  if (response.status === 401) end("expired");
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.blob();
}

/** Saves a file where the browser saves downloads. */
export async function downloadFile(file: { url: string; name: string }) {
  const address = URL.createObjectURL(await fetchFile(file.url));
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  link.click();
  // The browser has taken the blob over by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
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
