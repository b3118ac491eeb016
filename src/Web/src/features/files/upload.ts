import { stringifyDocument } from "urql";
import { freshToken, nextToken } from "../../api/session";
import { type FilePartsFragment, UploadFileDocument, type UploadFileMutation } from "../../gql/pages/graphql";

/** The time without progress, and the time for the server's answer, in ms, after which the connection has gone silent. */
const sendsWithin = 30_000;
const answersWithin = 180_000;

/** Why a file was not taken in: a refusal's code, or that the network or the server failed. */
export class UploadFailed extends Error {
  constructor(readonly reason: "TOO_LARGE" | "UNSUPPORTED_FILE" | "NO_ROOM" | "INVALID" | "network" | "server") {
    super(reason);
  }
}

/**
 * Uploads a file by the GraphQL multipart request specification. By XMLHttpRequest, since fetch does not tell how far it is.
 * @param progress Is told the part that is sent, 0 to 1.
 * @throws {UploadFailed} It was not taken in.
 */
export async function uploadFile(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<FilePartsFragment> {
  const token = await freshToken();
  const request = await send(file, token, progress, signal);
  if (request.status !== 401 || !token) return uploadedBy(request);
  const next = await nextToken(token);
  return uploadedBy(next ? await send(file, next, progress, signal) : request);
}

function uploadedBy({ status, response }: XMLHttpRequest): FilePartsFragment {
  if (status === 413) throw new UploadFailed("TOO_LARGE");
  const payload = (response?.data as UploadFileMutation | null | undefined)?.uploadFile;
  if (payload?.file) return payload.file;
  const code = payload?.errors[0]?.code;
  const known = ["TOO_LARGE", "UNSUPPORTED_FILE", "NO_ROOM", "INVALID"] as const;
  throw new UploadFailed(known.find((each) => each === code) ?? "server");
}

function send(
  file: File,
  token: string | undefined,
  progress: (part: number) => void,
  signal: AbortSignal,
): Promise<XMLHttpRequest> {
  const form = new FormData();
  form.append(
    "operations",
    JSON.stringify({ query: stringifyDocument(UploadFileDocument), variables: { input: { file: null } } }),
  );
  form.append("map", JSON.stringify({ 0: ["variables.input.file"] }));
  form.append("0", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/graphql");
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("GraphQL-Preflight", "1");
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    let timer: ReturnType<typeof setTimeout>;
    const expect = (within: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        reject(new UploadFailed("network"));
        request.abort();
      }, within);
    };
    expect(sendsWithin);
    request.upload.onprogress = ({ loaded, total }) => {
      expect(sendsWithin);
      progress(total > 0 ? loaded / total : 0);
    };
    request.upload.onload = () => expect(answersWithin);
    request.onerror = () => reject(new UploadFailed("network"));
    request.onabort = () => reject(signal.reason);
    request.onload = () => resolve(request);
    request.onloadend = () => clearTimeout(timer);
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
