import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from '../manual-clock.ts';
import { entryText, RecordingReader } from '../recording-reader.ts';
import { type Disk, nodeDisk } from './disk.ts';
import { createFileLog, FileLog, type FileLogOptions } from './file-log.ts';
import { LogId } from './format.ts';

/** For tests: a small file log, its clock, and what its reader got. */
export class LogFixture {
  static readonly logId = new LogId('0f0e0d0c-0b0a-4908-8706-050403020100');
  declare readonly disk: Disk;
  declare readonly directory: string;
  declare readonly clock: ManualClock;
  /** Every entry that was delivered, over all instances that `open` gave out. */
  declare readonly delivered: RecordingReader;
  /** What entries would be delivered as, from the first on; those of failed commits included. */
  declare readonly appended: string[];
  readonly options: { segmentBytes: number; commitBytesMax: number };

  constructor(disk: Disk = nodeDisk, directory = '/log', segmentBytes = 4096) {
    this.disk = disk;
    this.directory = directory;
    this.clock = new ManualClock();
    this.delivered = new RecordingReader();
    this.appended = [];
    this.options = { segmentBytes, commitBytesMax: segmentBytes - 1024 };
  }

  create(): FileLog {
    createFileLog(this.directory, LogFixture.logId, this.clock, this.options.segmentBytes, this.disk);
    return this.open();
  }

  open(options: Partial<FileLogOptions> = {}): FileLog {
    return FileLog.open({
      directory: this.directory,
      logId: LogFixture.logId,
      clock: this.clock,
      follower: this.delivered,
      disk: this.disk,
      ...this.options,
      ...options,
    });
  }

  /** Appends an entry of `words` words, none of whose bytes is zero, a microsecond after the one before. */
  append(log: FileLog, words: number): void {
    this.clock.advanceNanos(1_000);
    const sequence = this.appended.length + 1;
    const buffer = WordBuffer.allocate(words);
    for (let i = 0; i < words * 4; i++) buffer.u8[i] = 1 + ((sequence * 31 + i * 7) % 255);
    log.append(buffer, 0, words);
    const payload = buffer.u8.subarray(0, words * 4);
    this.appended.push(entryText(sequence, this.clock.seconds, this.clock.nanos, payload));
  }

  /** One commit of entries of these sizes. */
  commit(log: FileLog, ...words: number[]): void {
    for (const size of words) this.append(log, size);
    log.commit();
  }
}

/** Everything that `log` holds, as text. */
export function readAll(log: FileLog): string[] {
  const reader = new RecordingReader();
  log.read(log.firstSequence, reader);
  return reader.entries;
}
