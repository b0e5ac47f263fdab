import type { StoredMsg } from '@nats-io/jetstream';
import { Limits } from '#domain/limits.ts';
import type { Clock, LogReader } from '#domain/ports.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { cutDamage } from '../file/cut-damage.ts';
import { cachedDisk, type Disk } from '../file/disk.ts';
import { createFileLog, FileLog, type FileLogOptions } from '../file/file-log.ts';
import type { LogId } from '../file/format.ts';
import { listSegments, scanLog } from '../file/scan.ts';
import { type EntryTest, writeEmptyEntry, writeEntryWords } from './entry-words.ts';
import { retryWait } from './retry-wait.ts';
import { BATCH_BYTES_MAX } from './settings.ts';
import type { StreamState } from './stream-config.ts';
import { StreamError } from './stream-error.ts';

/** What a node's copy of the stream is opened with; `FileLogOptions` has the meaning of each. */
export type LogCopyOptions = Pick<
  FileLogOptions,
  'directory' | 'logId' | 'follower' | 'scanFromSequence' | 'onProgress' | 'segmentBytes' | 'disk'
>;

/** A clock that says what it was told: the times of messages. */
export class MessageClock implements Clock {
  declare seconds: number;
  declare nanos: number;

  constructor() {
    this.seconds = 0;
    this.nanos = 0;
  }

  read(): void {}
}

/**
 * Opens this node's copy of the stream, and makes it where there is none. Its writes are not synchronous and its damage is cut
 * away, as everything can be fetched again: what is durable is the stream.
 * @throws LogUnavailableError when the disk refuses.
 */
export function openLogCopy(options: LogCopyOptions, clock: Clock): FileLog {
  const { directory, logId, segmentBytes, scanFromSequence = 1, disk = cachedDisk } = options;
  disk.makeDirectory(directory);
  cutDamage(disk, directory, logId, scanFromSequence);
  if (isUseless(disk, directory, logId, scanFromSequence)) {
    // Made anew, so that it begins where it should, and without a time: those of messages alone count, on every node.
    for (const { path } of listSegments(disk, directory)) disk.remove(path);
    createFileLog(directory, logId, clock, segmentBytes, disk, scanFromSequence);
  }
  return FileLog.open({ ...options, clock, disk, commitBytesMax: BATCH_BYTES_MAX });
}

/**
 * True when the copy has no entry, or none that follows what the node goes on from: it ends before that (it is not synced, a
 * snapshot is), or begins behind it (the snapshot that it began with is gone).
 */
function isUseless(disk: Disk, directory: string, logId: LogId, scanFromSequence: number): boolean {
  const newest = listSegments(disk, directory).at(-1);
  if (newest === undefined) return true;
  const { entries, firstSequence, lastSequence } = scanLog(disk, directory, logId, newest.firstSequence);
  const isEmpty = entries === 0 && firstSequence === newest.firstSequence;
  return isEmpty || lastSequence < scanFromSequence - 1 || firstSequence > scanFromSequence;
}

/** How often the stream's state is asked for when it has not the entry that it should have. */
const TRUNCATION_ASKED_MAX = 5;

/** A copy, and how its stream is asked. */
export interface StreamComparison {
  readonly copy: FileLog;
  readonly directory: string;
  readonly stream: string;
  readonly askState: () => Promise<StreamState>;
  /** Of messages; undefined: each is one. */
  readonly isEntry: EntryTest | undefined;
  /** null: the stream has no such message. */
  readonly getMessage: (sequence: number) => Promise<Pick<StoredMsg, 'data'> | null>;
}

/**
 * Checks that the copy up to entry `lastSequence` is a beginning of the stream.
 * @param behindMsMax how long a stream that ends before it is asked again
 * @throws StreamError LOST_ENTRIES, DAMAGED or SNAPSHOT_NEEDED; what the questions throw
 */
export async function compareWithStream(
  comparison: StreamComparison,
  lastSequence: number,
  behindMsMax: number,
): Promise<void> {
  const { askState } = comparison;
  let state = await askState();
  for (let attempt = 1, end = Date.now() + behindMsMax; ; attempt++) {
    if (state.lastSequence >= lastSequence || Date.now() > end) break;
    await retryWait(attempt);
    state = await askState();
  }
  await compareWithState(comparison, lastSequence, state);
}

async function compareWithState(
  comparison: StreamComparison,
  lastSequence: number,
  state: StreamState,
): Promise<void> {
  const { copy, directory, stream, askState, getMessage } = comparison;
  const keep = `This node keeps its copy as it is. Do not trade on: find out which servers lost or replaced data (docs/cluster.md, "When the stream and a copy differ")`;
  if (lastSequence > state.lastSequence) {
    throw new StreamError(
      'LOST_ENTRIES',
      `stream ${stream} ends with entry ${state.lastSequence}, but ${directory} has entries up to ${lastSequence}: the stream lost entries that were committed. ${keep}`,
    );
  }
  if (lastSequence + 1 < state.firstSequence) {
    throw new StreamError(
      'SNAPSHOT_NEEDED',
      `stream ${stream} begins with entry ${state.firstSequence}, but ${directory} ends with entry ${lastSequence}: those between were removed behind a snapshot. Restart the node: it begins with a snapshot of the cluster`,
    );
  }
  // Nothing to compare: the copy is empty, or the stream begins right behind it.
  if (lastSequence < copy.firstSequence || lastSequence < state.firstSequence) return;
  const message = await getMessage(lastSequence);
  if (message === null) {
    const now = await beginningAfter(state, askState);
    if (now !== undefined) {
      await compareWithState(comparison, lastSequence, now);
      return;
    }
  } else if (isHeld(comparison, lastSequence, message.data)) return;
  throw new StreamError(
    'DAMAGED',
    `entry ${lastSequence} of stream ${stream} is not what ${directory} has: the stream replaced entries that were committed. ${keep}`,
  );
}

/**
 * The stream's state when it begins later than `state` says: others had it truncated since. A server that lags may say so late; undefined when none does.
 */
async function beginningAfter(
  state: StreamState,
  askState: () => Promise<StreamState>,
): Promise<StreamState | undefined> {
  for (let attempt = 1; attempt <= TRUNCATION_ASKED_MAX; attempt++) {
    const now = await askState();
    if (now.firstSequence > state.firstSequence) return now;
    await retryWait(attempt);
  }
  return undefined;
}

/** True when entry `sequence` of the copy is the message `data`. */
function isHeld({ copy, isEntry }: StreamComparison, sequence: number, data: Uint8Array): boolean {
  const expected = WordBuffer.allocate(Limits.ENTRY_BYTES_MAX / WORD_BYTES);
  const count = writeEntryWords(data, expected, isEntry) || writeEmptyEntry(expected);
  let isEqual = false;
  const reader: LogReader = {
    deliver: (_sequence, _seconds, _nanos, words, from, to) => {
      isEqual = Buffer.from(words.u8.subarray(from * WORD_BYTES, to * WORD_BYTES)).equals(
        expected.u8.subarray(0, count * WORD_BYTES),
      );
    },
  };
  copy.read(sequence, reader, sequence);
  return isEqual;
}
