import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { CLI, FREE_PORTS, runCli } from '#app/cli/test-support.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { killAtEnd, START } from '../support/hive-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Has a signal break an assertion in a turn of the event loop, where the order path's own would break. */
const BREAKS = `data:text/javascript,process.on('SIGUSR2',()=>{throw new Error('Invariant: broken')})`;

test('a bug of a node that runs ends it with the status of bugs', { timeout: 60_000 }, async () => {
  const options = ['--no-demo', '--data-dir', join(temporaryDirectory('bug-status'), 'data')];
  const child = spawn(process.execPath, ['--import', BREAKS, CLI, ...START, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killAtEnd(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.includes('"event":"ready"')) child.kill('SIGUSR2');
  });
  const [[exitCode], log] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  assert.equal(exitCode, 70);
  assert.match(log, /^hive: this is a bug in Hive Mind.*\nError: Invariant: broken\n {4}at /m);
});

test('a feed that cannot have its folder is no bug', { timeout: 60_000 }, async () => {
  const path = join(temporaryDirectory('bug-status'), 'data');
  openDataDirectory(path, { clock: new ManualClock(0, 0) }).close();
  writeFileSync(join(path, 'market-data'), '');
  const { status, stderr } = await runCli(['start', '--no-demo', '--data-dir', path, ...FREE_PORTS]);
  assert.equal(status, 1);
  assert.match(stderr, /^hive: market data: cannot write .*market-data: EEXIST/m);
});
