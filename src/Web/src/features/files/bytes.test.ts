import { expect, test } from "vitest";
import { sizeText } from "./bytes";

const plain = (text: string) => text.replace(/\s/g, " ");

test("sizes are said as people say them", () => {
  expect(plain(sizeText(0, "de"))).toBe("0 Byte");
  expect(plain(sizeText(999, "de"))).toBe("999 Byte");
  expect(plain(sizeText(107_400, "de"))).toBe("107 kB");
  expect(plain(sizeText(1_440_000, "de"))).toBe("1,4 MB");
});
