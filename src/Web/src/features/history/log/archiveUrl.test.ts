import { expect, test } from "vitest";
import { archiveUrl } from "./archiveUrl";

test("an archive of all has no days, and one of a customer says which, and whether with notes", () => {
  expect(archiveUrl(undefined, "2026-01-01", "2026-12-31", false)).toBe("/audit/archive");
  expect(archiveUrl("0193a000", "2026-01-01", undefined, false)).toBe(
    "/audit/archive?customer=0193a000&from=2026-01-01&notes=false",
  );
  expect(archiveUrl("0193a000", undefined, "2026-12-31", true)).toBe("/audit/archive?customer=0193a000&to=2026-12-31&notes=true");
});
