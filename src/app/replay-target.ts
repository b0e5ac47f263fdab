import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TradingCore } from '#core/trading-core.ts';
import type { Clock, EventSink, LogFollower } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { DataDirectoryError, openDataDirectory } from '#log/file/data-directory.ts';
import { cachedDisk, type Disk } from '#log/file/disk.ts';
import { createFileLog, FileLog } from '#log/file/file-log.ts';
import { LogId } from '#log/file/format.ts';
import { ManualClock } from '#log/manual-clock.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';
import { Outbox } from '#replica/outbox.ts';
import { applyEntry } from './apply-entry.ts';

/** Smaller than a node's, so that a short replay does not begin with zeroing a large file. */
const TEMPORARY_SEGMENT_BYTES = 16 * 1024 * 1024;

const NOBODY: EventSink = { onEvents: () => {} };

/**
 * The whole path of a node, in process: each command becomes a log entry by the outbox, the log commits it, the core
 * applies what the log delivers, and its events go back to the replay before the next command. Other than in a
 * running node, a turn is one command, since the replay looks at each command's events.
 */
export class NodePath implements ReplayTarget, LogFollower {
  declare private readonly core: TradingCore;
  /** The recorded time of the command that is being replayed. */
  declare private readonly clock: ManualClock;
  declare private readonly outbox: Outbox;
  declare private readonly log: FileLog;
  declare private readonly release: () => void;
  declare private events: EventSink;

  /**
   * @param dataDirectory new or empty; it stays, and every command is durable before its events are seen. Default: a
   * temporary one, which goes, and whose writes do not wait for the device
   * @throws DataDirectoryError when the directory cannot be used or holds entries
   */
  constructor(dataDirectory?: string) {
    this.events = NOBODY;
    this.clock = new ManualClock(0, 0);
    this.core = new TradingCore({
      onEvents: (words, from, to) => this.events.onEvents(words, from, to),
    });
    const place = dataDirectory === undefined ? temporaryLog(this.clock) : keptLog(dataDirectory, this.clock);
    const { epoch, release, ...options } = place;
    this.release = release;
    this.outbox = new Outbox(1, epoch, () => {});
    this.log = FileLog.open({ ...options, clock: this.clock, follower: this });
    if (this.log.lastSequence === 0) return;
    const entries = this.log.lastSequence;
    this.close();
    throw new DataDirectoryError(
      'UNUSABLE',
      `the log in ${dataDirectory} has entries already, up to ${entries}: a replay needs an empty venue, name a new directory with --data-dir`,
    );
  }

  /** Entries in the log. */
  get sequence(): number {
    return this.core.sequence;
  }

  submit(
    words: WordBuffer,
    from: number,
    to: number,
    timeSeconds: number,
    timeNanos: number,
    events: EventSink,
  ): void {
    this.clock.seconds = timeSeconds;
    this.clock.nanos = timeNanos;
    this.events = events;
    const at = this.outbox.reserve(to - from);
    assert(at !== -1, 'Invariant: an outbox that is drained after each command has room for one');
    const { i32 } = this.outbox.words;
    for (let word = from; word < to; word++) i32[at + word - from] = words.i32[word];
    this.outbox.drain(this.log);
    this.log.commit();
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    applyEntry(this.core, sequence, timeSeconds, timeNanos, words, from, to);
  }

  onDelivered(): void {}

  onDoubt(): void {}

  onFailure(): void {}

  stateHash(): string {
    return this.core.stateHash;
  }

  /** Closes the log and gives the directory back, or removes it if it was temporary. */
  close(): void {
    this.log.close();
    this.release();
  }
}

interface LogPlace {
  readonly directory: string;
  readonly logId: LogId;
  readonly epoch: number;
  readonly segmentBytes?: number;
  readonly disk?: Disk;
  readonly release: () => void;
}

/** The log begins at time 0, or its stamps could not go back to the recorded times. */
function keptLog(dataDirectory: string, clock: Clock): LogPlace {
  const data = openDataDirectory(dataDirectory, { clock });
  return { directory: data.logDirectory, logId: data.logId, epoch: data.epoch, release: () => data.close() };
}

function temporaryLog(clock: Clock): LogPlace {
  const directory = mkdtempSync(join(tmpdir(), 'hive-replay-'));
  const logId = new LogId(randomUUID());
  createFileLog(directory, logId, clock, TEMPORARY_SEGMENT_BYTES, cachedDisk);
  return {
    directory,
    logId,
    epoch: 1,
    segmentBytes: TEMPORARY_SEGMENT_BYTES,
    disk: cachedDisk,
    release: () => rmSync(directory, { recursive: true, force: true }),
  };
}
