/**
 * Builds the web console into dist/console, where nodes serve it from, each file also compressed with brotli and gzip.
 * `npm ci` runs it (prepare). Without the development dependencies there is nothing to build it with, and it says so.
 */
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(ROOT, 'dist/console');
/** Smaller files do not gain by it. */
const COMPRESS_BYTES_MIN = 512;

const vite = await import('vite').catch(() => undefined);
if (vite === undefined) {
  console.log('The console is not built: that needs the development dependencies (npm ci).');
} else {
  await vite.build({ configFile: join(ROOT, 'console/vite.config.ts'), logLevel: 'warn' });
  // Not a part of what is served: test/console-budget.test.ts reads it.
  renameSync(join(OUT, '.vite/manifest.json'), join(ROOT, 'dist/console-manifest.json'));
  rmSync(join(OUT, '.vite'), { recursive: true });
  for (const path of globSync('**/*.{html,js,css,svg,json,txt}', { cwd: OUT })) compress(join(OUT, path));
}

function compress(file: string): void {
  const bytes = readFileSync(file);
  if (bytes.length < COMPRESS_BYTES_MIN) return;
  const quality = { params: { [zlib.BROTLI_PARAM_QUALITY]: zlib.BROTLI_MAX_QUALITY } };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, quality));
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: zlib.Z_BEST_COMPRESSION }));
}
