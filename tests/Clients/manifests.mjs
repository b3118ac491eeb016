// Checks Kubernetes manifests: each against the schema of its kind (kubernetes-models, made from Kubernetes' OpenAPI), and by TypeScript against the same
// models' types, which know every field: what is misspelt is refused, as an API server does with strict field validation.
// node manifests.mjs <folder>: prints what is wrong, a line each, and how many were checked; ends with 1 when something is.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

const require = createRequire(import.meta.url);
const files = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const at = path.join(folder, name);
    return statSync(at).isDirectory() ? files(at) : name.endsWith(".yaml") ? [at] : [];
  });

const wrong = [];
const manifests = files(process.argv[2]).flatMap((file) =>
  parseAllDocuments(readFileSync(file, "utf8"), { uniqueKeys: true, version: "1.1" }).flatMap((document) => {
    for (const error of document.errors) wrong.push(`${file}: ${error.message}`);
    const manifest = document.toJS();
    return manifest === null ? [] : [{ file, manifest }];
  }),
);

const sources = new Map();
for (const [index, { file, manifest }] of manifests.entries()) {
  const model = `kubernetes-models/${manifest.apiVersion}/${manifest.kind}`;
  let kind;
  try {
    kind = require(model)[manifest.kind];
  } catch {
    wrong.push(`${file}: there is no ${manifest.kind} of ${manifest.apiVersion}`);
    continue;
  }
  try {
    new kind(structuredClone(manifest)).validate();
  } catch (error) {
    wrong.push(`${file}: ${manifest.kind}: ${error.message}`);
  }
  sources.set(`manifest-${index}.ts`, {
    file,
    text: `import type { I${manifest.kind} } from "${model}";\nexport const manifest: I${manifest.kind} = ${JSON.stringify(manifest)};\n`,
  });
}

// Where the models are found, and git is not.
const folder = fileURLToPath(new URL(`node_modules/.cache/manifests-${process.pid}/`, import.meta.url));
mkdirSync(folder, { recursive: true });
try {
  for (const [name, { text }] of sources) writeFileSync(path.join(folder, name), text);
  const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, module: "preserve", types: [] };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc"), "--project", folder, "--pretty", "false"], { encoding: "utf8" });
  const said = `${stdout}${stderr}`.replaceAll(/^\S*(manifest-\d+\.ts)\S*/gm, (_, name) => sources.get(name)?.file ?? name);
  if (status !== 0) wrong.push(...said.trim().split("\n"));
} finally {
  rmSync(folder, { recursive: true });
}

for (const line of wrong) console.log(line);
console.log(`${manifests.length} checked`);
process.exitCode = wrong.length > 0 ? 1 : 0;
