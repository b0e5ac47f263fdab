import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from './support/temporary-directory.ts';

const HELPER = new URL('./support/temporary-directory.ts', import.meta.url).href;
const RUNNER = join(import.meta.dirname, '../scripts/test.ts');
/** Makes files in a directory as fast as it can. */
const WRITER = `
  const { mkdirSync, writeFileSync } = require('node:fs');
  for (let i = 0; ; i++) {
    mkdirSync(process.argv[1] + '/' + i % 50, { recursive: true });
    writeFileSync(process.argv[1] + '/' + i % 50 + '/' + i, '');
    if (i === 1000) console.log('writes');
  }`;

test('temporaryDirectory: goes although its writer is killed by a hook that was registered later', () => {
  const folder = temporaryDirectory('temporary');
  const noted = join(folder, 'noted');
  const file = join(folder, 'writer.test.ts');
  writeFileSync(
    file,
    `import { spawn } from 'node:child_process';
    import { once } from 'node:events';
    import { writeFileSync } from 'node:fs';
    import { test } from 'node:test';
    import { temporaryDirectory } from '${HELPER}';
    test('writes', async (t) => {
      const directory = temporaryDirectory('written');
      writeFileSync(${JSON.stringify(noted)}, directory);
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(WRITER)}, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
      t.after(() => child.kill('SIGKILL'));
      await once(child.stdout, 'data');
    });`,
  );
  const { status, stdout } = spawnSync(process.execPath, [RUNNER, file], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  const directory = readFileSync(noted, 'utf8');
  assert.ok(directory.includes('hive-written-'));
  assert.equal(existsSync(directory), false);
});
