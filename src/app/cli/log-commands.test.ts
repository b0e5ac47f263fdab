import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { FileLog } from '#log/file/file-log.ts';
import { RECORD_HEADER_WORDS, SEGMENT_HEADER_BYTES } from '#log/file/format.ts';
import { listSegments } from '#log/file/scan.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { historyFile } from '#projections/history/history-database.ts';
import { Outbox } from '#replica/outbox.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ExitCode } from './exit-codes.ts';
import { historyCommands } from './history-commands.ts';
import { logCommands } from './log-commands.ts';
import { Output } from './output.ts';
import { runCli } from './test-support.ts';

const FOLLOWER = { deliver() {}, onDelivered() {}, onDoubt() {}, onFailure() {} };

function appendEntry(log: FileLog, outbox: Outbox): void {
  const command = { type: 'AddAccount', accountId: log.lastSequence + 1 } as const;
  writeCommand(outbox.words, outbox.reserve(commandWords(command)), command);
  outbox.drain(log);
  log.commit();
}

/** A log whose last segment has fewer entries than `entries`. */
function logOfSeveralSegments(path: string): { entries: number; inLast: number } {
  const clock = new ManualClock();
  const segmentBytes = 4_096;
  const data = openDataDirectory(path, { clock, segmentBytes });
  const { logDirectory: directory, logId } = data;
  const log = FileLog.open({
    directory,
    logId,
    clock,
    follower: FOLLOWER,
    segmentBytes,
    commitBytesMax: 1_024,
  });
  const outbox = new Outbox(1, data.epoch, () => {});
  const segments = () => listSegments(nodeDisk, directory);
  while (segments().length < 3) {
    appendEntry(log, outbox);
  }
  const entries = log.lastSequence;
  log.close();
  data.close();
  return { entries, inLast: entries - (segments().at(-1)?.firstSequence ?? 0) + 1 };
}

test('log tail: begins in an earlier segment where the last one has fewer entries', async () => {
  const data = join(temporaryDirectory('cli-log'), 'data');
  const { entries, inLast } = logOfSeveralSegments(data);
  const args = ['log', 'tail', '--no-follow', '--json', '--data-dir', data, '--lines'];
  const printed = async (lines: number): Promise<number[]> => {
    const { status, stdout, stderr } = await runCli([...args, String(lines)]);
    assert.deepEqual([status, stderr], [0, '']);
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).sequence);
  };
  assert.deepEqual(
    await printed(inLast + 2),
    Array.from({ length: inLast + 2 }, (_, i) => entries - inLast - 1 + i),
  );
  assert.equal((await printed(entries + 1)).length, entries);
});

test('log tail: ends at a signal however fast entries come', async () => {
  const data = openDataDirectory(join(temporaryDirectory('cli-log'), 'data'), { clock: new ManualClock() });
  const { logDirectory: directory, logId } = data;
  const log = FileLog.open({ directory, logId, clock: new ManualClock(), follower: FOLLOWER });
  const outbox = new Outbox(1, data.epoch, () => {});
  /** Whenever what was printed has been taken, there is another entry. */
  class BusyOutput extends Output {
    override async drained(): Promise<void> {
      if (log.lastSequence < 1_000) appendEntry(log, outbox);
    }

    override result({ sequence }: object & { sequence?: number }): void {
      if (sequence === 1) process.kill(process.pid, 'SIGINT');
    }
  }
  appendEntry(log, outbox);
  await logCommands(() => new BusyOutput(true)).parseAsync(['tail', '--data-dir', data.path], {
    from: 'user',
  });
  const { lastSequence } = log;
  log.close();
  data.close();
  assert.ok(lastSequence < 1_000, `it printed ${lastSequence} entries`);
});

test('log, history: a log without entries names none', async () => {
  const data = join(temporaryDirectory('cli-log'), 'data');
  const clock = new ManualClock();
  const { logDirectory: directory, logId, ...held } = openDataDirectory(data, { clock });
  FileLog.open({ directory, logId, clock, follower: FOLLOWER }).close();
  held.close();
  const lines: string[] = [];
  class ReadOutput extends Output {
    override result(_: object, text: string | (() => string)): void {
      lines.push(typeof text === 'string' ? text : text());
    }
  }
  const output = (): Output => new ReadOutput(false);
  const run = (command: Command, ...args: string[]): Promise<unknown> =>
    command.parseAsync([...args, '--data-dir', data], { from: 'user' });
  await run(logCommands(output), 'verify');
  await run(logCommands(output), 'dump');
  await run(historyCommands(output), 'rebuild');
  await run(historyCommands(output), 'verify');
  assert.deepEqual(lines, [
    `log ${logId.uuid} is whole: no entries, 0 bytes in 1 segment\nno checkpoint says what it must hold`,
    'history holds no entries',
    'history agrees with the log: 0 rows of no entries',
  ]);
  await assert.rejects(run(logCommands(output), 'dump', '--from', '1'), {
    name: 'CliError',
    exitCode: ExitCode.Usage,
    message: 'the log has no entries yet',
  });
});

test('log dump, log tail, history: a log that is damaged in its last segment does not end before the damage', async () => {
  const data = join(temporaryDirectory('cli-log'), 'data');
  const { entries, inLast } = logOfSeveralSegments(data);
  const { path, firstSequence } = listSegments(nodeDisk, join(data, 'log')).at(-1)!;
  assert.ok(inLast >= 1);
  await runCli(['history', 'rebuild', '--data-dir', data]);
  const history = await runCli(['history', 'verify', '--data-dir', data]);
  assert.equal(history.status, ExitCode.Ok, history.stderr);
  // A byte of the last entry but those behind it, which a later commit wrote.
  const bytes = readFileSync(path);
  bytes[SEGMENT_HEADER_BYTES + RECORD_HEADER_WORDS * 4] ^= 1;
  writeFileSync(path, bytes);
  const verified = await runCli(['log', 'verify', '--data-dir', data]);
  assert.equal(verified.status, ExitCode.Damaged);
  const damaged = { status: ExitCode.Damaged, stderr: verified.stderr };
  const hive = async (...args: string[]) => {
    const { status, stdout, stderr } = await runCli([...args, '--data-dir', data]);
    return { printed: stdout.match(/^\d+/gm)?.length ?? 0, status, stderr };
  };
  const before = firstSequence - 1;
  assert.deepEqual(await hive('log', 'dump'), { printed: before, ...damaged });
  assert.deepEqual(await hive('log', 'dump', '--from', String(entries)), { printed: 0, ...damaged });
  assert.deepEqual(await hive('log', 'tail', '--no-follow', '--lines', '1'), { printed: 1, ...damaged });
  assert.deepEqual(await hive('history', 'verify'), { printed: 0, ...damaged });
  const file = historyFile(join(data, 'history'));
  const held = readFileSync(file);
  assert.deepEqual(await hive('history', 'rebuild'), { printed: 0, ...damaged });
  assert.deepEqual(readFileSync(file), held);
  const { status, stderr } = await runCli(['log', 'dump', '--to', String(before), '--data-dir', data]);
  assert.deepEqual([status, stderr], [ExitCode.Ok, '']);
});
