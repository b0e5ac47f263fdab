import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { TradingCore } from '#core/trading-core.ts';
import { Tick } from '#domain/commands.ts';
import { ZEROS } from '#log/file/disk.ts';
import { createFileLog, FileLog } from '#log/file/file-log.ts';
import { LogId } from '#log/file/format.ts';
import { ZerosAsker, zerosMailboxMemory } from '#log/file/zeros-mailbox.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { Outbox } from '#replica/outbox.ts';
import { Replica } from '#replica/replica.ts';
import { listSnapshots, readSnapshot } from '#replica/snapshot-file.ts';
import { boardMemory, MARK_EVERY, StatusBoard } from '#replica/status-board.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { dataPaths } from '../disk/disk-usage.ts';
import type { ArchiveThreadData } from './messages.ts';
import { vitalsMemory } from './thread-vitals.ts';

const LOG_ID = new LogId('01234567-89ab-cdef-0123-456789abcdef');
/** Far more than the archive applies in the steps before it hears of a stop. */
const ENTRIES = 200_000;
const ENTRIES_PER_COMMIT = 1_000;

const dataDirectory = temporaryDirectory('archive-thread');
const paths = dataPaths(dataDirectory);

/** A log of entries that change little, and a board as the order path that wrote it leaves it. */
function writtenLog(): SharedArrayBuffer {
  const board = boardMemory();
  const clock = new ManualClock(1_700_000_000, 0);
  mkdirSync(paths.snapshotDirectory);
  createFileLog(paths.logDirectory, LOG_ID, clock);
  const core = new TradingCore({ onEvents: () => {} });
  const replica = new Replica({
    core,
    nodeId: 1,
    board: new StatusBoard(board),
    attestEvery: 0,
    onTurnEnd: () => {},
    onUnavailable: assert.ifError,
  });
  const log = FileLog.open({ directory: paths.logDirectory, logId: LOG_ID, clock, follower: replica });
  const outbox = new Outbox(1, 1, () => {});
  for (let entry = 1; entry <= ENTRIES; entry++) {
    const at = outbox.reserve(Tick.words);
    outbox.words.i32[at] = Tick.type | (Tick.words << 16);
    outbox.drain(log);
    if (entry % ENTRIES_PER_COMMIT === 0) log.commit();
  }
  log.close();
  return board;
}

/** Starts an archive thread at the beginning of the log. */
function start(board: SharedArrayBuffer, catchUpMsMax: number, zeros = zerosMailboxMemory()): Worker {
  const data: ArchiveThreadData = {
    board,
    zeros,
    paths,
    logId: LOG_ID.uuid,
    snapshotPath: listSnapshots(paths.snapshotDirectory)[0]?.path,
    snapshotEvery: 10 * ENTRIES,
    snapshotsKept: 3,
    catchUpMsMax,
    keepLogBytes: undefined,
    warnFreeBelowBytes: 0,
    nodeId: 1,
    endSequence: undefined,
    line: 0,
    cluster: undefined,
  };
  const vitals = { memory: vitalsMemory(), thread: 'archive' };
  return new Worker(new URL('./archive-thread.ts', import.meta.url), { workerData: { ...data, vitals } });
}

/** And tells it to end at once. */
async function startAndClose(board: SharedArrayBuffer, catchUpMsMax: number): Promise<StatusBoard> {
  const worker = start(board, catchUpMsMax);
  worker.postMessage({ kind: 'close' });
  await once(worker, 'exit');
  return new StatusBoard(board);
}

const memory = writtenLog();

test('a stop does not wait for an archive that is far behind; it leaves a snapshot from which the next goes on', {
  timeout: 120_000,
}, async () => {
  const early = await startAndClose(memory, 0);
  const { snapshotSequence } = early;
  assert.ok(snapshotSequence > 0 && snapshotSequence < ENTRIES, `${snapshotSequence}`);
  assert.equal(snapshotSequence % MARK_EVERY, 0);
  const [snapshot] = listSnapshots(paths.snapshotDirectory);
  assert.equal(readSnapshot(snapshot.path).sequence, snapshotSequence);

  const late = await startAndClose(memory, 60_000);
  assert.equal(late.snapshotSequence, ENTRIES);
  assert.equal(listSnapshots(paths.snapshotDirectory)[0].sequence, ENTRIES);
});

test('it writes the zeros that the log asks for', {
  timeout: 120_000,
}, async () => {
  const zeros = zerosMailboxMemory();
  const asker = new ZerosAsker(zeros);
  const path = join(paths.dataDirectory, 'zeros');
  const handle = openSync(path, 'w');
  const ask = (from: number, to: number): Promise<Error | null> =>
    new Promise((resolve) => asker.write(handle, from, to, resolve));
  const worker = start(memory, 60_000, zeros);
  assert.equal(await ask(0, 3 * ZEROS.length), null);
  assert.equal(await ask(3 * ZEROS.length, 3 * ZEROS.length + 512), null);
  assert.ok(readFileSync(path).equals(Buffer.alloc(3 * ZEROS.length + 512)));
  closeSync(handle);
  worker.postMessage({ kind: 'close' });
  await once(worker, 'exit');
});
