// node compare.mjs <before> <after>: names what changed between two schemas.
import { readFileSync } from "node:fs";
import { changes } from "./contract.mjs";

const [before, after] = process.argv.slice(2).map((file) => readFileSync(file, "utf8"));
const { breaking, dangerous } = changes(before, after);
for (const change of breaking) console.log(`BREAKING: ${change}`);
for (const change of dangerous) console.log(`dangerous: ${change}`);
console.log(breaking.length + dangerous.length > 0 ? "Everything else is safe." : "Safe: nobody's operations are affected.");
