import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EntryFault, validateEntry } from '#codec/log/validate-entry.ts';
import { TradingCore } from '#core/trading-core.ts';
import { type EventSink, type Log, LogCorruptError, type LogReader } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type DataDirectory, DataDirectoryError, openDataDirectory } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { SystemClock } from '#log/system-clock.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';
import { Outbox } from '#replica/outbox.ts';

/** Where a replay keeps its log. */
export interface ReplayLogOptions {
  /** `file`: the embedded log, durable per command. `memory`: the same contract without a disk. */
  readonly log: 'file' | 'memory';
  /** Of a `file` log: a new or empty data directory, which stays. Default: a temporary one, which goes. */
  readonly dataDirectory?: string;
}

const NOBODY: EventSink = { onEvents: () => {} };

/**
 * The whole path of a node, in process: each command becomes a log entry by the outbox, the log commits it, the core
 * applies what the log delivers, and its events go back to the replay before the next command. Other than in a
 * running node, a turn is one command, since the replay looks at each command's events.
 */
export class NodePath implements ReplayTarget, LogReader {
  readonly #core: TradingCore;
  /** The recorded time of the command that is being replayed. */
  readonly #clock: ManualClock;
  readonly #outbox: Outbox;
  readonly #log: Log;
  readonly #release: () => void;
  #events: EventSink;

  /** @throws DataDirectoryError when the directory cannot be used or holds entries */
  constructor(options: ReplayLogOptions) {
    this.#events = NOBODY;
    this.#clock = new ManualClock(0, 0);
    this.#core = new TradingCore({
      onEvents: (words, from, to) => this.#events.onEvents(words, from, to),
    });
    let epoch = 1;
    if (options.log === 'memory') {
      this.#log = new MemoryLog(this.#clock, this);
      this.#release = () => {};
    } else {
      const { data, release } = openEmptyDirectory(options.dataDirectory);
      epoch = data.epoch;
      this.#release = release;
      this.#log = FileLog.open({
        directory: data.logDirectory,
        logId: data.logId,
        clock: this.#clock,
        reader: this,
      });
      if (this.#log.lastSequence > 0) {
        this.close();
        throw new DataDirectoryError(
          'UNUSABLE',
          `the log in ${data.path} has ${this.#log.lastSequence} entries: a replay needs an empty venue, name a new directory with --data-dir`,
        );
      }
    }
    this.#outbox = new Outbox(1, epoch, () => {});
  }

  /** Entries in the log. */
  get sequence(): number {
    return this.#core.sequence;
  }

  submit(
    words: WordBuffer,
    from: number,
    to: number,
    timeSeconds: number,
    timeNanos: number,
    events: EventSink,
  ): void {
    this.#clock.seconds = timeSeconds;
    this.#clock.nanos = timeNanos;
    this.#events = events;
    const at = this.#outbox.reserve(to - from);
    assert(at !== -1, 'Invariant: an outbox that is drained after each command has room for one');
    const { i32 } = this.#outbox.words;
    for (let word = from; word < to; word++) i32[at + word - from] = words.i32[word];
    this.#outbox.drain(this.#log);
    this.#log.commit();
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const fault = validateEntry(words, from, to);
    if (fault !== EntryFault.None) {
      throw new LogCorruptError(
        `entry ${sequence}`,
        0,
        `entry ${sequence} breaks the format (fault ${fault})`,
      );
    }
    this.#core.applyEntry(sequence, timeSeconds, timeNanos, words, from, to);
  }

  stateHash(): string {
    return this.#core.stateHash;
  }

  /** Closes the log and gives the directory back, or removes it if it was temporary. */
  close(): void {
    this.#log.close();
    this.#release();
  }
}

function openEmptyDirectory(named: string | undefined): { data: DataDirectory; release: () => void } {
  const directory = named ?? mkdtempSync(join(tmpdir(), 'hive-replay-'));
  const remove = (): void => {
    if (named === undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const data = openDataDirectory(directory, { clock: new SystemClock() });
    return {
      data,
      release: () => {
        data.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
