import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOH } from '#codec/fix/tags.ts';
import { assert } from '#lib/assert.ts';
import { type FixStore, FixStoreError, type StoredMessage, StoreRead } from './fix-store.ts';
import {
  emptyRecord,
  RECORD_HEADER_BYTES,
  RecordKind,
  RecordMemory,
  type RecordView,
  recordBytes,
  STORE_FORMAT,
  sealRecord,
} from './records.ts';
import { StoreSegment } from './segment.ts';

/** Outgoing numbers that are reserved with one durable write. */
const RESERVED_NUMBERS = 10_000;
/** Records that wait for `flush`, at most: then they are written without it. */
const PENDING_BYTES = 64 * 1024;
/** Bytes of a stream in a Numbers record. */
const STREAM_BYTES = 16;
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
const SEGMENT_NAME = /^(\d{8})\.fix$/;

export interface FileFixStoreOptions {
  /** Longest message of the session. */
  readonly messageBytesMax: number;
  /** A file of this size gets no more messages: a new one begins. */
  readonly segmentBytesMax?: number;
  /** Files of one session, the newest kept. Older messages can no longer be resent. */
  readonly segmentsMax?: number;
  /** Names this start of the operating system; its default is what Linux says. Tests pretend a power cut by another. */
  readonly bootId?: string;
}

/**
 * A FIX store in a directory of its own, in files to which is only appended: docs/protocols/fix.md says what they hold and
 * what is guaranteed.
 *
 * A write is not made durable, but outlives the process. What a power cut loses is told by the boot id: then our numbers go
 * on behind those that were reserved durably, so that none is used twice.
 */
export class FileFixStore implements FixStore {
  declare createdMs: number;
  declare nextIncoming: number;
  declare nextOutgoing: number;
  /** Always: a flush has stored when it returns. */
  declare readonly stored: number;
  declare private oldestHeld: number;
  /** Last report by stream. */
  declare private readonly reports: Map<number, number>;
  declare private readonly directory: string;
  declare private readonly segmentBytesMax: number;
  declare private readonly segmentsMax: number;
  declare private readonly bootId: string;
  /** Oldest first; the last one is written to. */
  declare private readonly segments: StoreSegment[];
  declare private readonly pending: RecordMemory;
  declare private readonly scratch: RecordMemory;
  declare private readonly record: RecordView;
  declare private pendingTo: number;
  /** Whether the numbers are others than those stored. */
  declare private changed: boolean;
  /** Outgoing numbers below are reserved durably; 0: this process has reserved none yet. */
  declare private reserved: number;

  /**
   * Opens the store, and makes it where there is none.
   * @param nowMs what becomes `createdMs` of a new store
   * @throws FixStoreError
   */
  constructor(directory: string, nowMs: number, options: FileFixStoreOptions) {
    this.createdMs = nowMs;
    this.nextIncoming = 1;
    this.nextOutgoing = 1;
    this.stored = 0;
    this.oldestHeld = 1;
    this.reports = new Map();
    this.directory = directory;
    this.segmentBytesMax = options.segmentBytesMax ?? 16 * 1024 * 1024;
    this.segmentsMax = options.segmentsMax ?? 4;
    this.bootId = options.bootId ?? readFileSync(BOOT_ID_FILE, 'latin1').trim();
    this.segments = [];
    const recordBytesMax = recordBytes(options.messageBytesMax);
    this.pending = new RecordMemory(PENDING_BYTES + 2 * recordBytesMax);
    this.scratch = new RecordMemory(recordBytesMax);
    this.record = emptyRecord();
    this.pendingTo = 0;
    this.changed = true;
    this.reserved = 0;
    this.#guard('open', () => this.#open());
  }

  /** There is nobody to tell: everything is done when its call returns. */
  listen(): void {}

  setNextIncoming(number: number, oldestHeld: number): void {
    this.nextIncoming = number;
    if (oldestHeld === this.oldestHeld) return;
    this.oldestHeld = oldestHeld;
    this.changed = true;
  }

  skipOutgoing(): void {
    this.nextOutgoing++;
    this.changed = true;
  }

  lastReport(stream: number): number {
    return this.reports.get(stream) ?? -1;
  }

  noteReport(stream: number, reportNumber: number): void {
    if (reportNumber <= this.lastReport(stream)) return;
    this.reports.set(stream, reportNumber);
    this.changed = true;
  }

  append(
    sendingTimeMs: number,
    stream: number,
    reportNumber: number,
    bytes: Uint8Array,
    typeFrom: number,
    typeTo: number,
    from: number,
    to: number,
  ): void {
    const { pending } = this;
    const payloadBytes = typeTo - typeFrom + to - from;
    assert(
      recordBytes(payloadBytes) <= this.scratch.u8.length,
      'Condition: no message is longer than the longest',
    );
    if (this.pendingTo >= PENDING_BYTES) this.flush();
    const at = this.pendingTo;
    const { u8 } = pending;
    let next = at + RECORD_HEADER_BYTES;
    for (let byte = typeFrom; byte < typeTo; byte++) u8[next++] = bytes[byte];
    for (let byte = from; byte < to; byte++) u8[next++] = bytes[byte];
    const number = this.nextOutgoing++;
    this.pendingTo = sealRecord(
      pending,
      at,
      RecordKind.Message,
      number,
      reportNumber,
      sendingTimeMs,
      stream,
      payloadBytes,
    );
    if (stream !== 0 && reportNumber > this.lastReport(stream)) this.reports.set(stream, reportNumber);
  }

  read(number: number, into: StoredMessage): StoreRead {
    this.flush();
    return this.#guard('read', () => {
      for (let i = this.segments.length - 1; i >= 0; i--) {
        if (!this.segments[i].read(number, this.scratch, this.record)) continue;
        into.bytes = this.scratch.u8;
        into.typeFrom = this.record.payloadFrom;
        into.typeTo = this.scratch.u8.indexOf(SOH, into.typeFrom);
        into.from = into.typeTo + 1;
        into.to = this.record.payloadTo;
        into.sendingTimeMs = this.record.time;
        return StoreRead.Found;
      }
      return StoreRead.None;
    });
  }

  flush(): number {
    const reserve = this.nextOutgoing > this.reserved;
    if (this.pendingTo === 0 && !this.changed && !reserve) return this.stored;
    this.#guard('write', () => {
      if (reserve) this.reserved = this.nextOutgoing + RESERVED_NUMBERS;
      if (this.changed || reserve) this.#putNumbers(false);
      this.#write();
      const segment = this.#last();
      if (reserve) segment.sync();
      if (segment.bytes < this.segmentBytesMax) return;
      this.#begin(segment.index + 1);
      while (this.segments.length > this.segmentsMax) this.segments.shift()?.remove();
    });
    return this.stored;
  }

  reset(nowMs: number): void {
    this.flush();
    this.#guard('reset', () => {
      // The files of before are told by their time.
      this.createdMs = nowMs === this.createdMs ? nowMs + 1 : nowMs;
      this.nextIncoming = 1;
      this.oldestHeld = 1;
      this.nextOutgoing = 1;
      this.reserved = 1 + RESERVED_NUMBERS;
      this.#begin(this.#last().index + 1);
      this.#removeOlder();
    });
  }

  async close(): Promise<void> {
    // One that has failed is closed.
    if (this.segments.length === 0) return;
    this.#guard('close', () => {
      this.#putNumbers(true);
      this.#write();
    });
    this.#closeFiles();
  }

  #closeFiles(): void {
    for (const segment of this.segments.splice(0)) segment.close();
  }

  #last(): StoreSegment {
    return this.segments[this.segments.length - 1];
  }

  /** Removes the files before the last one. */
  #removeOlder(): void {
    for (const old of this.segments.splice(0, this.segments.length - 1)) old.remove();
  }

  /** Reads every file; the numbers are those of the last records. */
  #open(): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const indices = readdirSync(this.directory)
      .map((name) => SEGMENT_NAME.exec(name)?.[1])
      .filter((index) => index !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
    if (indices.length === 0) {
      this.#begin(1);
      return;
    }
    let reserved = 0;
    let bootId = '';
    let closed = false;
    let opened = false;
    for (const index of indices) {
      const segment = new StoreSegment(this.#path(index), index);
      this.segments.push(segment);
      segment.recover(({ u8, view }, { kind, number, report, time, stream, payloadFrom, payloadTo }) => {
        closed = false;
        if (kind === RecordKind.Message) {
          this.nextOutgoing = number + 1;
          if (stream !== 0) this.reports.set(stream, Math.max(this.lastReport(stream), report));
        } else if (kind === RecordKind.Numbers) {
          this.nextIncoming = number;
          this.oldestHeld = number;
          this.nextOutgoing = report;
          reserved = time;
          closed = stream === 1;
          for (let at = payloadFrom; at < payloadTo; at += STREAM_BYTES)
            this.reports.set(view.getUint32(at, true), view.getFloat64(at + 8, true));
        } else {
          if (number !== STORE_FORMAT) throw new Error(`format ${number} is not ${STORE_FORMAT}`);
          // Files of before a reset are what a crash kept from being removed.
          if (opened && time !== this.createdMs) this.#removeOlder();
          opened = true;
          this.createdMs = time;
          bootId = String.fromCharCode(...u8.subarray(payloadFrom, payloadTo));
        }
      });
      // A file without a record is one whose beginning a crash cut off.
      if (segment.bytes === 0) this.segments.pop()?.remove();
    }
    if (this.segments.length === 0) {
      this.#begin((indices.at(-1) as number) + 1);
      return;
    }
    // After a power cut the files may end before what was sent.
    if (!closed && bootId !== this.bootId) this.nextOutgoing = Math.max(this.nextOutgoing, reserved);
    this.#putOpened();
    // With the boot id: the next start of the process no longer sees the power cut.
    this.#putNumbers(false);
    this.#write();
  }

  /** Begins a file with the numbers, durably: the older ones may go. */
  #begin(index: number): void {
    const segment = new StoreSegment(this.#path(index), index);
    this.segments.push(segment);
    this.#putOpened();
    this.#putNumbers(false);
    this.#write();
    segment.sync();
    const handle = openSync(this.directory, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  #path(index: number): string {
    return join(this.directory, `${String(index).padStart(8, '0')}.fix`);
  }

  #putOpened(): void {
    const at = this.pendingTo;
    const { bootId } = this;
    for (let i = 0; i < bootId.length; i++) {
      this.pending.u8[at + RECORD_HEADER_BYTES + i] = bootId.charCodeAt(i);
    }
    const { Opened } = RecordKind;
    this.pendingTo = sealRecord(this.pending, at, Opened, STORE_FORMAT, 0, this.createdMs, 0, bootId.length);
  }

  #putNumbers(closed: boolean): void {
    const at = this.pendingTo;
    const { view } = this.pending;
    let payload = at + RECORD_HEADER_BYTES;
    for (const [stream, reportNumber] of this.reports) {
      view.setUint32(payload, stream, true);
      view.setUint32(payload + 4, 0, true);
      view.setFloat64(payload + 8, reportNumber, true);
      payload += STREAM_BYTES;
    }
    this.pendingTo = sealRecord(
      this.pending,
      at,
      RecordKind.Numbers,
      this.oldestHeld,
      this.nextOutgoing,
      this.reserved,
      closed ? 1 : 0,
      this.reports.size * STREAM_BYTES,
    );
    this.changed = false;
  }

  #write(): void {
    this.#last().append(this.pending, this.pendingTo);
    this.pendingTo = 0;
  }

  /** Runs what may fail; then the store is closed as it is, as by a crash. */
  #guard<Result>(what: string, action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      this.#closeFiles();
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new FixStoreError(`cannot ${what} the FIX session store ${this.directory}: ${detail}`, { cause });
    }
  }
}
