import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { nodeDisk } from '#log/file/disk.ts';
import { listSegments } from '#log/file/scan.ts';
import { HistoryDatabase, historyFile } from '#projections/history/history-database.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { backupFixture } from '../../../test/support/backup-fixture.ts';
import { ExitCode } from './exit-codes.ts';
import { historyCommands } from './history-commands.ts';
import { Output } from './output.ts';
import { runCli } from './test-support.ts';

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

test('history rebuild, verify: a damaged snapshot is passed over where a later one will do', async (t) => {
  const { node, grow } = backupFixture(t);
  const { directory, core } = node;
  const logDirectory = join(directory, 'log');
  while (listSegments(nodeDisk, logDirectory).length < 2) grow(30);
  node.snapshot();
  grow(30);
  node.snapshot();
  grow(30);
  node.close();
  const [{ path: first }] = listSegments(nodeDisk, logDirectory);
  rmSync(first);
  const [newer, older] = listSnapshots(join(directory, 'snapshots'));
  const hive = (...args: string[]) => runCli(['history', ...args, '--data-dir', directory]);
  assert.deepEqual(await hive('rebuild'), {
    status: ExitCode.Ok,
    stdout: `history holds entries ${older.sequence + 1} to ${core.sequence}\nwhat was before entry ${older.sequence + 1} is lacking: the log no longer had it\n`,
    stderr: '',
  });
  damage(older.path);
  const verified = await hive('verify', '--json');
  assert.equal(verified.status, ExitCode.Ok, verified.stderr);
  const [passedOver] = verified.stderr.match(/^hive: passed over: .*\n/) ?? [''];
  assert.ok(passedOver.startsWith(`hive: passed over: ${older.path}: at byte `), verified.stderr);
  const { rows, ...compared } = JSON.parse(verified.stdout);
  assert.ok(rows > 0);
  assert.deepEqual(compared, {
    completeFrom: older.sequence + 1,
    lastSequence: core.sequence,
    comparedFrom: newer.sequence + 1,
    whole: false,
  });
  const rebuilt = await hive('rebuild', '--json');
  assert.equal(rebuilt.status, ExitCode.Ok, rebuilt.stderr);
  assert.deepEqual(JSON.parse(rebuilt.stdout), {
    completeFrom: newer.sequence + 1,
    lastSequence: core.sequence,
  });

  // Only the newer one is left, and history ends before it.
  const history = new DatabaseSync(historyFile(join(directory, 'history')));
  history.exec(`UPDATE meta SET completeFrom = 1, lastSequence = ${newer.sequence - 1}`);
  history.close();
  assert.deepEqual(await hive('verify'), {
    status: ExitCode.Failure,
    stdout: '',
    stderr: `${passedOver}hive: nothing could be compared: history goes to entry ${newer.sequence - 1}, and what is left of the log and snapshots begins behind entry ${newer.sequence}. The node's next start goes on with history from there\n`,
  });

  // Nothing to begin with: what is there stays.
  damage(newer.path);
  const before = readFileSync(historyFile(join(directory, 'history')));
  const refused = await hive('rebuild');
  assert.deepEqual([refused.status, refused.stdout], [ExitCode.Damaged, '']);
  assert.deepEqual(readFileSync(historyFile(join(directory, 'history'))), before);
});

/** Does something as somebody who may read a directory and not write there. */
async function asReader(directory: string, work: () => Promise<unknown>): Promise<void> {
  // The administrator may write everywhere, and is somebody else meanwhile.
  const isRoot = process.geteuid?.() === 0;
  spawnSync('chmod', ['-R', 'a+rX,a-w', directory]);
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    spawnSync('chmod', ['-R', 'u+w', directory]);
  }
}

test('history verify: the right to read is enough, beside a node and without one, and nothing is left there', async (t) => {
  const { node, root, grow } = backupFixture(t);
  const { directory, core } = node;
  const historyDirectory = join(directory, 'history');
  grow(30);
  node.close();
  const results: { readonly lastSequence: number; readonly whole: boolean }[] = [];
  const output = new Output(true);
  output.result = (value) => results.push(value as (typeof results)[number]);
  const hive = (command: string) =>
    historyCommands(() => output).parseAsync([command, '--data-dir', directory], { from: 'user' });
  await hive('rebuild');
  results.length = 0;
  await asReader(root, async () => {
    await hive('verify');
    assert.deepEqual(readdirSync(historyDirectory), ['history.db']);
  });
  await hive('verify');
  assert.deepEqual(readdirSync(historyDirectory), ['history.db']);
  const { logId } = JSON.parse(readFileSync(join(directory, 'hive.json'), 'utf8'));
  const written = HistoryDatabase.open(historyDirectory, logId);
  written.commit({});
  await asReader(root, () => hive('verify'));
  written.close();
  assert.deepEqual(
    results.map(({ lastSequence, whole }) => [lastSequence, whole]),
    Array.from({ length: 3 }, () => [core.sequence, true]),
  );
});

test('history verify: a database that the system does not let us look at is not said to be lacking', async (t) => {
  const { node } = backupFixture(t);
  const { directory } = node;
  node.close();
  const hive = (command: string) => runCli(['history', command, '--data-dir', directory]);
  await hive('rebuild');
  const file = historyFile(join(directory, 'history'));
  rmSync(file);
  symlinkSync(file, file);
  assert.deepEqual(await hive('verify'), {
    status: ExitCode.Failure,
    stdout: '',
    stderr: `hive: ELOOP: too many symbolic links encountered, stat '${file}'\n`,
  });
});

test('history verify: one that is interrupted leaves nothing in the directory of temporary files', async (t) => {
  const { node, root } = backupFixture(t);
  node.close();
  const temporary = join(root, 'temporary');
  mkdirSync(temporary);
  const before = process.env['TMPDIR'];
  t.after(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  process.env['TMPDIR'] = temporary;
  const output = new Output(true);
  const left: string[][] = [];
  // It is still at work.
  output.result = () => left.push(readdirSync(temporary));
  for (const command of ['rebuild', 'verify'])
    await historyCommands(() => output).parseAsync([command, '--data-dir', node.directory], { from: 'user' });
  assert.deepEqual(left, [[], []]);
});
