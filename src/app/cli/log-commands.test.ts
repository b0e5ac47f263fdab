import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { FileLog } from '#log/file/file-log.ts';
import { listSegments } from '#log/file/scan.ts';
import { ManualClock } from '#log/manual-clock.ts';
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
    `log ${logId.uuid} is whole: no entries, 0 bytes in 1 segment`,
    'history holds no entries',
    'history agrees with the log: 0 rows of no entries',
  ]);
  await assert.rejects(run(logCommands(output), 'dump', '--from', '1'), {
    name: 'CliError',
    exitCode: ExitCode.Usage,
    message: 'the log has no entries yet',
  });
});
