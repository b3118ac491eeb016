import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const output = "../Api/wwwroot/web";

/** The most script that signing in and the list may load, in bytes as compressed by Brotli. */
const budget = 250_000;

/** The modules that a visitor of the list loads soon after the entry and the German texts, each with its imports. */
const laterOnFirstScreens = [
  "src/features/notifications/NotificationsLive.tsx",
  "src/ui/Notices.tsx",
  "src/features/conversations/compose/OutboxBanner.tsx",
];

/**
 * The modules that the first screens share with others, in two files rather than in one for each set of pages: a hundred small files weigh a fifth more,
 * and are a hundred requests. Libraries change less often than the rest, and stay in the browser.
 */
const firstFiles = [
  { name: "libraries", tags: ["$initial" as const], test: /node_modules/ },
  { name: "start", tags: ["$initial" as const], test: (id: string) => !/(index\.html|main\.tsx)$/.test(id) },
];

interface ManifestEntry {
  file: string;
  imports?: string[];
}

/** Compresses once, here, what the server would otherwise compress for each visitor; then weighs the first load and fails when it is too heavy. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle() {
    const sizes = new Map<string, number>();
    for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(file)) continue;
      const small = brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
      writeFileSync(`${file}.br`, small);
      sizes.set(file, small.length);
    }

    const manifest = JSON.parse(readFileSync(join(output, ".vite/manifest.json"), "utf8")) as Record<string, ManifestEntry>;
    rmSync(join(output, ".vite"), { recursive: true });
    const loaded = new Set<string>();
    const load = (key: string) => {
      const entry = manifest[key];
      if (!entry) throw new Error(`The build has no ${key}; vite.config.ts names it.`);
      if (loaded.has(entry.file)) return;
      loaded.add(entry.file);
      entry.imports?.forEach(load);
    };
    for (const key of ["index.html", "src/i18n/de/index.ts", ...laterOnFirstScreens]) load(key);
    const bytes = [...loaded].reduce((sum, file) => sum + (sizes.get(join(output, file)) ?? 0), 0);
    process.stdout.write(
      `First load of sign-in and list: ${(bytes / 1000).toFixed(1)} of ${budget / 1000} KB of script (Brotli, ${loaded.size} files)\n`,
    );
    if (bytes > budget) throw new Error("The first load is over its budget.");
  },
};

export default defineConfig({
  plugins: [react(), compressed],
  // Nothing is put in line: the page's policy allows scripts from the server only.
  build: {
    outDir: output,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    manifest: true,
    target: "es2023",
    rolldownOptions: { output: { codeSplitting: { groups: firstFiles } } },
  },
  // `npm run dev` beside a product that listens where the README says.
  server: {
    proxy: {
      "/graphql": { target: "http://localhost:5080", ws: true },
      "/files": "http://localhost:5080",
      "/audit": "http://localhost:5080",
      "/reports": "http://localhost:5080",
      "/settings.json": "http://localhost:5080",
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/testing.ts"] },
});
