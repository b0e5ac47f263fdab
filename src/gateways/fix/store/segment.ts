import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import {
  emptyRecord,
  RecordKind,
  RecordMemory,
  type RecordView,
  readRecord,
  recordBytes,
} from './records.ts';

const { O_CREAT, O_RDWR } = constants;

/** Place of a message that is not there: records begin behind the Opened record, never at byte 0. */
const NONE = 0;
const FIRST_PLACES = 256;

/** One file of a store: its records, and where in it each message is. Errors are those of node:fs. */
export class StoreSegment {
  declare readonly path: string;
  /** Counts up from 1 within a store; the file is named by it. */
  declare readonly index: number;
  /** Bytes of the file. */
  declare bytes: number;
  declare private readonly handle: number;
  /** Number of the first message that it holds; 0: none yet. */
  declare private firstNumber: number;
  /** Byte at which message `firstNumber + i` begins, NONE when it is not here. */
  declare private places: Uint32Array;

  /** Opens the file, and makes it, for its owner only, where there is none. */
  constructor(path: string, index: number) {
    this.path = path;
    this.index = index;
    this.bytes = 0;
    this.handle = openSync(path, O_RDWR | O_CREAT, 0o600);
    this.firstNumber = 0;
    this.places = new Uint32Array(FIRST_PLACES);
  }

  /**
   * Reads the file from its beginning up to the first byte that is not of a whole record, hands every record over, and
   * cuts off what follows: the rest of a write that a crash ended.
   */
  recover(onRecord: (memory: RecordMemory, record: RecordView) => void): void {
    const size = fstatSync(this.handle).size;
    const memory = new RecordMemory(recordBytes(size));
    let length = 0;
    for (let read = -1; read !== 0; length += read) {
      read = readSync(this.handle, memory.u8, length, size - length, length);
    }
    const record = emptyRecord();
    let at = 0;
    while (readRecord(memory, at, length, record)) {
      if (record.kind === RecordKind.Message) this.#place(record.number, at);
      onRecord(memory, record);
      at = record.end;
    }
    if (at < length) ftruncateSync(this.handle, at);
    this.bytes = at;
  }

  /** Appends the records `memory.u8[0, to)`. */
  append(memory: RecordMemory, to: number): void {
    const record = emptyRecord();
    for (let written = 0; written < to; ) {
      written += writeSync(this.handle, memory.u8, written, to - written, this.bytes + written);
    }
    for (let at = 0; at < to; at = record.end) {
      describeRecord(memory, at, record);
      if (record.kind === RecordKind.Message) this.#place(record.number, this.bytes + at);
    }
    this.bytes += to;
  }

  /** Makes what was appended durable. */
  sync(): void {
    fdatasyncSync(this.handle);
  }

  /**
   * Reads the record of message `number` to the beginning of `memory`. @returns false when it is not here, or not what was
   * written
   */
  read(number: number, memory: RecordMemory, record: RecordView): boolean {
    const index = number - this.firstNumber;
    const place =
      this.firstNumber > 0 && index >= 0 && index < this.places.length ? this.places[index] : NONE;
    if (place === NONE) return false;
    const length = readSync(this.handle, memory.u8, 0, memory.u8.length, place);
    return readRecord(memory, 0, length, record) && record.number === number;
  }

  close(): void {
    closeSync(this.handle);
  }

  /** Closes the file and removes it. */
  remove(): void {
    this.close();
    unlinkSync(this.path);
  }

  #place(number: number, at: number): void {
    if (this.firstNumber === 0) this.firstNumber = number;
    const index = number - this.firstNumber;
    if (index >= this.places.length) {
      const larger = new Uint32Array(Math.max(2 * this.places.length, index + 1));
      larger.set(this.places);
      this.places = larger;
    }
    this.places[index] = at;
  }
}

/** What `#place` needs of a record that this process has just made. */
function describeRecord({ view }: RecordMemory, at: number, record: RecordView): void {
  const word = view.getUint32(at + 4, true);
  record.kind = word >>> 24;
  record.number = view.getUint32(at + 28, true);
  record.end = at + recordBytes(word & 0xffffff);
}
