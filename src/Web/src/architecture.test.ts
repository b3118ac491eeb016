// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

/** The layers from the bottom to the top: a higher one may import a lower one. Features lie between what they share and the application. */
const layers = ["gql", "i18n", "api", "ui", "session", "conversation", "people", "features", "app", "main.tsx"];

/** The features are called as the capabilities are on the server. */
const capabilities = ["accounts", "conversations", "customers", "files", "history", "notifications", "organisation", "reports"];

type Sources = Readonly<Record<string, string>>;

interface Arrow {
  from: string;
  to: string;
  how: "import" | "lazily" | "fragment";
}

const isTest = (path: string) => path === "testing.ts" || /\.test\.tsx?$/.test(path);

/** The layer of a file, as its place among them. */
const layerOf = (path: string) => layers.indexOf(path.split("/")[0]!);

const featureOf = (path: string) => (path.startsWith("features/") ? path.split("/")[1] : undefined);

/** Every arrow from a file to another one of ours. */
function arrowsOf(sources: Sources): Arrow[] {
  const fragments = new Map<string, string>();
  for (const [path, text] of Object.entries(sources))
    if (path.endsWith(".graphql")) for (const [, name] of text.matchAll(/^fragment (\w+)/gm)) fragments.set(name!, path);
  return Object.entries(sources).flatMap(([from, text]) => {
    if (from.endsWith(".graphql"))
      return [...text.matchAll(/\.\.\.(\w+)/g)].flatMap(([, name]): Arrow[] => {
        const to = fragments.get(name!);
        return to && to !== from ? [{ from, to, how: "fragment" }] : [];
      });
    return [...text.matchAll(/\b(?:from |import )"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/g)].map(([, now, later]): Arrow => {
      const path = posix.normalize(posix.join(posix.dirname(from), (now ?? later)!));
      const to = ["", ".ts", ".tsx", "/index.ts"].map((end) => path + end).find((each) => each in sources) ?? path;
      return { from, to, how: later ? "lazily" : "import" };
    });
  });
}

/** A circle among arrows, if there is one. */
function circleIn(arrows: readonly { from: string; to: string }[]): string[] | undefined {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const done = new Set<string>();
  const follow = (at: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at];
    if (done.has(at)) return undefined;
    for (const to of next.get(at) ?? []) {
      const circle = follow(to, [...way, at]);
      if (circle) return circle;
    }
    done.add(at);
    return undefined;
  };
  for (const from of next.keys()) {
    const circle = follow(from, []);
    if (circle) return circle;
  }
  return undefined;
}

/** The breaches of the rules, in words. */
function breachesOf(sources: Sources): string[] {
  const arrows = arrowsOf(sources).filter(({ from }) => !isTest(from));
  const breaches = arrows.flatMap(({ from, to, how }) => {
    const [mine, its] = [featureOf(from), featureOf(to)];
    const say = (why: string) => [`${from} → ${to}: ${why}`];
    if (layerOf(from) < 0 || layerOf(to) < 0) return say("belongs to no layer");
    if (layerOf(to) > layerOf(from)) return say("goes back up");
    if (!its || its === mine || how === "fragment" || to.endsWith("/index.ts")) return [];
    // Pages are loaded when they are visited, and so not by way of the index, which would bring all of them.
    if (!mine && how === "lazily") return [];
    return say("does not go through the index of the feature");
  });
  // Browsers have that on pages by HTTPS and of this machine only, and an office may use plain HTTP in its own network.
  for (const [path, text] of Object.entries(sources))
    if (!isTest(path) && /\brandomUUID\(/.test(text)) breaches.push(`${path}: makes an id without newId()`);
  // Mantine says "alert" otherwise, which is read out at once, whatever one is at.
  for (const [path, text] of Object.entries(sources))
    if (!isTest(path) && /<Alert\b(?!\s+role=)/.test(text)) breaches.push(`${path}: an <Alert> does not begin with its role`);
  const files = circleIn(arrows.filter(({ how }) => how === "import"));
  if (files) breaches.push(`circle of files: ${files.join(" → ")}`);
  const features = circleIn(
    arrows.flatMap(({ from, to }) => {
      const [mine, its] = [featureOf(from), featureOf(to)];
      return mine && its && mine !== its ? [{ from: mine, to: its }] : [];
    }),
  );
  if (features) breaches.push(`circle of features: ${features.join(" → ")}`);
  return breaches;
}

const here = import.meta.dirname;
const sources: Sources = Object.fromEntries(
  readdirSync(here, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.(tsx?|graphql|css|json)$/.test(path) && !path.startsWith("gql/"))
    .map((path) => [path, /\.(tsx?|graphql)$/.test(path) ? readFileSync(posix.join(here, path), "utf8") : ""]),
);

test("Imports go one way: what is shared, features, the application", () => {
  expect(arrowsOf(sources).length).toBeGreaterThan(500);
  expect(breachesOf(sources)).toEqual([]);
});

test("A feature is called as the capability is on the server", () => {
  expect([...new Set(Object.keys(sources).map(featureOf))].filter(Boolean).sort()).toEqual(capabilities);
});

// Each rule finds what it is there for.
test.each([
  ["goes back up", { "ui/Planted.tsx": 'import { session } from "../session/access";' }],
  ["goes back up", { "api/planted.ts": 'export * from "../features/history";' }],
  ["goes back up", { "features/history/planted.ts": 'import {\n  router,\n} from "../../app/router";' }],
  ["goes back up", { "people/planted.graphql": "fragment Planted on Customer {\n  ...ContactParts\n}" }],
  [
    "does not go through the index",
    { "features/history/planted.ts": 'import type { KeptFile } from "../files/useAttachments";' },
  ],
  ["does not go through the index", { "features/history/planted.ts": 'const later = () => import("../files/FileViewer");' }],
  ["does not go through the index", { "app/planted.ts": 'import { HistoryPage } from "../features/history/HistoryPage";' }],
  ["makes an id without newId()", { "features/history/planted.ts": "const id = crypto.randomUUID();" }],
  [
    "does not begin with its role",
    { "people/Planted.tsx": 'export const Planted = () => <Alert color="gray">Nur zum Lesen.</Alert>;' },
  ],
  ["belongs to no layer", { "planted/planted.ts": 'import "../ui/Page";' }],
  [
    "circle of files: api/planted.ts → api/other.ts → api/planted.ts",
    { "api/planted.ts": 'import "./other";', "api/other.ts": 'import "./planted";' },
  ],
  [
    "circle of features: conversations → files → conversations",
    { "features/files/planted.ts": 'import { ListSearch } from "../conversations";' },
  ],
])("A breach is found: %s", (found, planted) => {
  expect(breachesOf({ ...sources, ...planted }).join("\n")).toContain(found);
});
