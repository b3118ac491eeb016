import { expect, test } from "vitest";
import { named, pastedFiles } from "./pasting";

const picture = () => new File(["x"], "image.png", { type: "image/png" });
const clipboard = (text: string, ...files: File[]) => ({ files, getData: () => text }) as unknown as DataTransfer;

test("text wins over the picture of it that Office puts beside", () => {
  expect(pastedFiles(clipboard("Umsatz\t4.200", picture()))).toEqual([]);
});

test("a picture alone, and a file with its name beside it, are what is meant", () => {
  expect(pastedFiles(clipboard("", picture())).length).toBe(1);
  expect(pastedFiles(clipboard("Rechnung.pdf", new File(["x"], "Rechnung.pdf"))).length).toBe(1);
  expect(pastedFiles(clipboard("image.png", picture())).length).toBe(1);
  expect(pastedFiles(clipboard("/home/anna/image.png", picture())).length).toBe(1);
  expect(pastedFiles(clipboard("/home/anna/Rechnung.pdf", new File(["x"], "Rechnung.pdf"))).length).toBe(1);
  expect(pastedFiles(null)).toEqual([]);
});

test("pasted pictures get names by which they can be told apart", () => {
  const now = new Date(2026, 10, 27, 9, 5, 7);
  const names = (there: string[]) => named([picture(), picture()], "Bild", there, now).map(({ name }) => name);
  expect(names([])).toEqual(["Bild 2026-11-27 09.05.07.png", "Bild 2026-11-27 09.05.07 (2).png"]);
  // Also when one is pasted after the other within a second.
  expect(names(names([]))).toEqual(["Bild 2026-11-27 09.05.07 (3).png", "Bild 2026-11-27 09.05.07 (4).png"]);
  expect(named([new File(["x"], "Rechnung.pdf")], "Bild", [], now)[0]?.name).toBe("Rechnung.pdf");
});
