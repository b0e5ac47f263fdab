import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI } from '#app/cli/test-support.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { killAtEnd, START } from '../support/hive-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = temporaryDirectory('log-lost');

/** Starts a node that logs to `log`, stops it when it is ready, and says how it ended. */
async function startAndStop(name: string, format: string, log: number | 'pipe'): Promise<number | null> {
  const options = ['--no-demo', '--data-dir', join(directory, name), '--log-format', format];
  const child = spawn(process.execPath, [CLI, ...START, ...options], { stdio: ['ignore', 'pipe', log] });
  killAtEnd(child);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (!output.includes('"event":"ready"') || child.killed) return;
    child.stderr?.destroy();
    child.kill('SIGTERM');
  });
  const [exitCode] = await once(child, 'exit');
  return exitCode;
}

for (const format of ['text', 'json']) {
  test(`${format} lines that nobody reads any more do not end a node`, { timeout: 60_000 }, async () => {
    assert.equal(await startAndStop(`${format}-pipe`, format, 'pipe'), 0);
    assert.equal(listSnapshots(join(directory, `${format}-pipe`, 'snapshots')).length, 1);
  });

  test(`${format} lines for which the disk has no room do not end a node`, { timeout: 60_000 }, async () => {
    const full = openSync('/dev/full', 'w');
    try {
      assert.equal(await startAndStop(`${format}-full`, format, full), 0);
    } finally {
      closeSync(full);
    }
  });
}
