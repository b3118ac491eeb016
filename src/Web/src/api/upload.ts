import { stringifyDocument } from "urql";
import { type FilePartsFragment, UploadFileDocument, type UploadFileMutation } from "../gql/pages/graphql";
import { authorization } from "./client";
import { end } from "./session";

/** Why a file was not taken in: a refusal's code, or that the network or the server failed. */
export class UploadFailed extends Error {
  constructor(readonly reason: "TOO_LARGE" | "UNSUPPORTED_FILE" | "INVALID" | "network" | "server") {
    super(reason);
  }
}

/**
 * Uploads a file by the GraphQL multipart request specification. By XMLHttpRequest, since fetch does not tell how far it is.
 * @param progress Is told the part that is sent, 0 to 1.
 * @throws {UploadFailed} It was not taken in.
 */
export function uploadFile(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<FilePartsFragment> {
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
    for (const [name, value] of Object.entries({ ...authorization(), "GraphQL-Preflight": "1", Accept: "application/json" }))
      request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new UploadFailed("network"));
    request.onabort = () => reject(signal.reason);
    request.onload = () => {
      if (request.status === 401) end("expired");
      if (request.status === 413) return reject(new UploadFailed("TOO_LARGE"));
      const payload = (request.response?.data as UploadFileMutation | null | undefined)?.uploadFile;
      if (payload?.file) return resolve(payload.file);
      const code = payload?.errors[0]?.code;
      reject(new UploadFailed(code === "TOO_LARGE" || code === "UNSUPPORTED_FILE" || code === "INVALID" ? code : "server"));
    };
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
