import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { FileLog } from '#log/file/file-log.ts';
import { listSegments } from '#log/file/scan.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { Outbox } from '#replica/outbox.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { runCli } from './test-support.ts';

const FOLLOWER = { deliver() {}, onDelivered() {}, onDoubt() {}, onFailure() {} };

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
    const command = { type: 'AddAccount', accountId: log.lastSequence + 1 } as const;
    writeCommand(outbox.words, outbox.reserve(commandWords(command)), command);
    outbox.drain(log);
    log.commit();
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

test('log, history: a log without entries names none', async () => {
  const data = join(temporaryDirectory('cli-log'), 'data');
  const clock = new ManualClock();
  const { logDirectory: directory, logId, ...held } = openDataDirectory(data, { clock });
  FileLog.open({ directory, logId, clock, follower: FOLLOWER }).close();
  held.close();
  const run = (command: string, ...options: string[]) =>
    runCli([...command.split(' '), '--data-dir', data, ...options]);
  assert.deepEqual(await run('log verify'), {
    status: 0,
    stdout: `log ${logId.uuid} is whole: no entries, 0 bytes in 1 segment\n`,
    stderr: '',
  });
  assert.deepEqual(await run('log dump'), { status: 0, stdout: '', stderr: '' });
  assert.deepEqual(await run('log dump', '--from', '1'), {
    status: 2,
    stdout: '',
    stderr: 'hive: the log has no entries yet\n',
  });
  assert.deepEqual(await run('history rebuild'), {
    status: 0,
    stdout: 'history holds no entries\n',
    stderr: '',
  });
  assert.deepEqual(await run('history verify'), {
    status: 0,
    stdout: 'history agrees with the log: 0 rows of no entries\n',
    stderr: '',
  });
});
