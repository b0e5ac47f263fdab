import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Where a node's HTTP door is while `npm run console` serves the console with reloading. */
const NODE = process.env['HIVE_NODE'] ?? 'http://127.0.0.1:26080';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: {
    outDir: fileURLToPath(new URL('../dist/console', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // Data in URLs would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
  server: {
    proxy: {
      '/api': NODE,
      '/ws': { target: NODE.replace('http', 'ws'), ws: true },
      '/status.json': NODE,
    },
  },
});
