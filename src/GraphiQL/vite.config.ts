import react from "@vitejs/plugin-react";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const output = "../Api/wwwroot/graphiql";

/** Compresses once, here, what the server would otherwise compress for each visitor. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  closeBundle() {
    for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile() && /\.(js|css|html|svg|ttf)$/.test(file))
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
    }
  },
};

export default defineConfig({
  base: "/graphiql/",
  plugins: [react(), compressed],
  // Nothing is put in line: the page's policy allows scripts and workers from the server only.
  build: { outDir: output, emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 6000 },
  worker: { format: "es" },
});
