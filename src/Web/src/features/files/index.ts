export { AddFiles, useAddFiles, usePaste } from "./AddFiles";
export { Attachments } from "./Attachments";
export { downloadFile } from "./download";
export { Files } from "./Files";
export { UploadFailed, uploadFile } from "./upload";
export { type KeptFile, keptFile, useAttachments } from "./useAttachments";
