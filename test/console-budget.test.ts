import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const MANIFEST = join(DIST, 'console-manifest.json');
const SKIP = existsSync(MANIFEST) ? false : 'the console is not built: npm run build';

/** What a browser fetches until the first screen is there, compressed with gzip. */
const INITIAL_BYTES_MAX = 300_000;

interface Chunk {
  readonly file: string;
  readonly css?: readonly string[];
  readonly imports?: readonly string[];
}
type Manifest = Readonly<Record<string, Chunk>>;

/** The files of chunks and of all that they import at once. */
function filesOf(manifest: Manifest, names: readonly string[]): Set<string> {
  const files = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const { file, css = [], imports = [] } = manifest[name];
    for (const one of [file, ...css]) files.add(one);
    waiting.push(...imports);
  }
  return files;
}

function compressedBytes(path: string): number {
  const file = join(DIST, 'console', path);
  return statSync(existsSync(`${file}.gz`) ? `${file}.gz` : file).size;
}

test('the console and its first screen are within their budget', { skip: SKIP }, (t) => {
  const manifest: Manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  const screens = Object.keys(manifest).filter((name) =>
    /^src\/screens\/\w+\/[\w-]+-screen\.tsx$/.test(name),
  );
  assert.ok(screens.includes('src/screens/trade/trade-screen.tsx'), screens.join(', '));
  for (const screen of screens) {
    const files = [...filesOf(manifest, ['index.html', screen]), 'index.html'];
    const bytes = files.map(compressedBytes).reduce((all, one) => all + one, 0);
    t.diagnostic(`${screen}: ${bytes} bytes in ${files.length} files`);
    assert.ok(bytes <= INITIAL_BYTES_MAX, `${screen} takes ${bytes} bytes: ${files.join(', ')}`);
  }
});

test('what a chunk imports counts, once', () => {
  const manifest: Manifest = {
    a: { file: 'a.js', css: ['a.css'], imports: ['b', 'c'] },
    b: { file: 'b.js', imports: ['c'] },
    c: { file: 'c.js', imports: ['a'] },
    d: { file: 'd.js' },
  };
  assert.deepEqual([...filesOf(manifest, ['a'])].sort(), ['a.css', 'a.js', 'b.js', 'c.js']);
});
