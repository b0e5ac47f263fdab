/**
 * Runs the tests and ends with the line `N passed, N failed, N skipped`. `--unit` runs only those beside the
 * source; further arguments are files to run instead.
 */
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const unitOnly = process.argv.includes('--unit');
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const patterns = unitOnly ? ['src/**/*.test.ts'] : ['src/**/*.test.ts', 'test/**/*.test.ts'];
const files = (named.length > 0 ? named : patterns.flatMap((pattern) => globSync(pattern))).sort();
if (files.length === 0) {
  console.error(`no test files match ${patterns.join(', ')}`);
  process.exit(1);
}

let passed = 0;
let failed = 0;
let skipped = 0;
const stream = run({ files, concurrency: 2 });
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite') return;
  if (event.skip) skipped++;
  else passed++;
});
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite') failed++;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  setImmediate(() => {
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  });
});
