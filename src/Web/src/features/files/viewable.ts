import type { FilePartsFragment } from "../../gql/pages/graphql";

/** Whether a type is of the pictures that browsers show. */
export const isPicture = (mediaType: string) => /^image\/(png|jpeg|gif|webp)$/.test(mediaType);

/** Whether the page can show a file; all others are for downloading. */
export const isViewable = ({ mediaType, quarantined, awaitsScan }: FilePartsFragment) =>
  !quarantined && !awaitsScan && (isPicture(mediaType) || mediaType === "application/pdf");
