import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
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

/** Starts a node whose standard output is lost, stops it when it has said so, and returns how it ended and what it logged. */
async function startWithout(name: string, output: number | 'pipe'): Promise<[number | null, string]> {
  const options = ['--no-demo', '--data-dir', join(directory, name)];
  const child = spawn(process.execPath, [CLI, ...START, ...options], { stdio: ['ignore', output, 'pipe'] });
  killAtEnd(child);
  child.stdout?.destroy();
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
    if (log.includes('standard output is lost') && !child.killed) child.kill('SIGTERM');
  });
  const [exitCode] = await once(child, 'close');
  return [exitCode, log];
}

test('a node goes on when nobody takes its results', { timeout: 60_000 }, async () => {
  // From the second start on the first result is that the node is ready.
  assert.equal(await startAndStop('output', 'json', 'pipe'), 0);
  const full = openSync('/dev/full', 'w');
  try {
    for (const [output, code] of [
      ['pipe', 'EPIPE'],
      [full, 'ENOSPC'],
    ] as const) {
      const [exitCode, log] = await startWithout('output', output);
      assert.equal(exitCode, 0, log);
      assert.match(log, new RegExp(`standard output is lost: .*${code}.*stopping signal=SIGTERM`, 's'));
    }
    // It stopped in order: its state is on disk as far as its log.
    const verify = [CLI, 'log', 'verify', '--json', '--data-dir', join(directory, 'output')];
    const verifier = spawn(process.execPath, verify, { stdio: ['ignore', 'pipe', 'ignore'] });
    const { lastSequence } = JSON.parse(await text(verifier.stdout));
    assert.equal(listSnapshots(join(directory, 'output', 'snapshots'))[0]?.sequence, lastSequence);
    const dump = [CLI, 'log', 'dump', '--data-dir', join(directory, 'output')];
    const child = spawn(process.execPath, dump, { stdio: ['ignore', full, 'pipe'] });
    assert.ok(child.stderr);
    const [[exitCode], message] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    assert.equal(exitCode, 1);
    assert.match(message, /^hive: standard output cannot be written: ENOSPC.*\n$/m);
    assert.doesNotMatch(message, /Error:|\bat /);
  } finally {
    closeSync(full);
  }
});
