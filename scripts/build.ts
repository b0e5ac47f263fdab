/**
 * Builds what is published for `import … from 'hive-mind/engine'`: Node runs no TypeScript under node_modules.
 *
 *     dist/engine.js           src/engine.ts and all it imports, one module without dependencies
 *     dist/types/engine.d.ts   its declarations, beside those of the files that it stands on
 *
 * `npm pack` and `npm publish` run it first (prepack).
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');
const TYPES = join(DIST, 'types');
const TSC = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');

// The console's build lies beside it.
for (const path of ['engine.js', 'types']) rmSync(join(DIST, path), { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/engine.ts'],
  outfile: join(DIST, 'engine.js'),
  bundle: true,
  format: 'esm',
  // Any import of Node's modules fails here: the engine does no input or output.
  platform: 'neutral',
  target: 'node20',
  charset: 'utf8',
  logLevel: 'warning',
});
execFileSync(process.execPath, [TSC, '--project', 'tsconfig.engine.json'], { cwd: ROOT, stdio: 'inherit' });
for (const path of globSync('**/*.d.ts', { cwd: TYPES })) {
  const file = join(TYPES, path);
  writeFileSync(file, withPublishedImports(readFileSync(file, 'utf8'), path));
}

/** Imports as a consumer's compiler resolves them: `#layer/file.ts` and `./file.ts` become relative paths to `file.js`. */
function withPublishedImports(declarations: string, path: string): string {
  return declarations.replace(/(?<=\bfrom |\bimport\()(['"])([#.][^'"]*)\.ts\1/g, (_, quote, target) => {
    const resolved = target.startsWith('#') ? relative(dirname(path), target.slice(1)) : target;
    return `${quote}${resolved.startsWith('.') ? resolved : `./${resolved}`}.js${quote}`;
  });
}
