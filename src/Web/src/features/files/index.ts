export { AddFiles, useAddFiles, usePaste } from "./AddFiles";
export { Attachments } from "./Attachments";
export { Files } from "./Files";
export { type KeptFile, keptFile, useAttachments } from "./useAttachments";
