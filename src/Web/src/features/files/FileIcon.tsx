import { IconFile, IconFileSpreadsheet, IconFileText, IconFileTypePdf, IconFileZip, IconPhoto } from "@tabler/icons-react";

const kinds = [
  [/^image\//, IconPhoto],
  [/pdf$/, IconFileTypePdf],
  [/zip|compressed|tar$/, IconFileZip],
  [/sheet|excel|csv/, IconFileSpreadsheet],
  [/^text\/|word|document/, IconFileText],
] as const;

/** The icon of a file's kind. */
export function FileIcon({ mediaType, size = 20 }: { mediaType: string; size?: number }) {
  const Icon = kinds.find(([pattern]) => pattern.test(mediaType))?.[1] ?? IconFile;
  return <Icon size={size} stroke={1.6} />;
}
