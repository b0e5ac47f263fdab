import { crc32cWords } from '#lib/crc32c.ts';

/*
 * A store is a row of records, in files or in the batches of a stream (batch.ts), each of a header of 32 bytes and a
 * payload, filled up with zeros to a multiple of eight. Little-endian:
 *
 *   0  u32  CRC32C of what follows, the filling included
 *   4  u32  bytes of the payload, and the kind in the highest byte
 *   8  f64  report   Message: report number, 0: none · Numbers: next outgoing · Opened: 0 · Batch: its number, 0: a claim
 *  16  f64  time     Message: SendingTime, ms · Numbers: outgoing numbers below are reserved · Opened: createdMs ·
 *                    Batch: the stream's sequence of the record before it, 0: none
 *  24  u32  stream   Message: whose report it is, 0: none · Numbers: 1 when closed · Opened: 0 · Batch: first outgoing number
 *  28  u32  number   Message: MsgSeqNum · Numbers: next incoming · Opened: version of the format · Batch: generation
 *  32       payload  Message: MsgType, SOH, fields · Numbers: of each stream u32 its name, u32 0, f64 its last report · Opened: boot id ·
 *                    Batch: who wrote it
 */

export const RecordKind = { Opened: 1, Numbers: 2, Message: 3, Batch: 4 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

export const RECORD_HEADER_BYTES = 32;
/** Version of the format, in every Opened record. */
export const STORE_FORMAT = 2;

/** Bytes that a record with such a payload takes. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_HEADER_BYTES + ((payloadBytes + 7) & ~7);
}

/** A record as `readRecord` finds it. */
export interface RecordView {
  kind: number;
  number: number;
  report: number;
  time: number;
  stream: number;
  payloadFrom: number;
  payloadTo: number;
  /** Where the next record begins. */
  end: number;
}

/** Memory for records: seen as bytes, as numbers, and as the words that a checksum is made of. */
export class RecordMemory {
  declare readonly u8: Uint8Array;
  declare readonly view: DataView;
  declare readonly i32: Int32Array;

  /** @param bytes a multiple of eight */
  constructor(bytes: number) {
    const memory = new ArrayBuffer(bytes);
    this.u8 = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.i32 = new Int32Array(memory);
  }
}

/** Writes the record whose payload lies at `at + RECORD_HEADER_BYTES` already; returns its end. `at` is a multiple of eight. */
export function sealRecord(
  { u8, view, i32 }: RecordMemory,
  at: number,
  kind: RecordKind,
  number: number,
  report: number,
  time: number,
  stream: number,
  payloadBytes: number,
): number {
  const end = at + recordBytes(payloadBytes);
  for (let byte = at + RECORD_HEADER_BYTES + payloadBytes; byte < end; byte++) u8[byte] = 0;
  view.setUint32(at + 4, payloadBytes | (kind << 24), true);
  view.setFloat64(at + 8, report, true);
  view.setFloat64(at + 16, time, true);
  view.setUint32(at + 24, stream, true);
  view.setUint32(at + 28, number, true);
  view.setInt32(at, crc32cWords(i32, (at + 4) >> 2, end >> 2), true);
  return end;
}

/** Reads the record at `at`, which must end by `to`. @returns false when no whole, undamaged record is there */
export function readRecord({ view, i32 }: RecordMemory, at: number, to: number, into: RecordView): boolean {
  if (at + RECORD_HEADER_BYTES > to) return false;
  const word = view.getUint32(at + 4, true);
  const payloadBytes = word & 0xffffff;
  const end = at + recordBytes(payloadBytes);
  if (end > to || view.getInt32(at, true) !== crc32cWords(i32, (at + 4) >> 2, end >> 2)) return false;
  into.kind = word >>> 24;
  into.number = view.getUint32(at + 28, true);
  into.report = view.getFloat64(at + 8, true);
  into.time = view.getFloat64(at + 16, true);
  into.stream = view.getUint32(at + 24, true);
  into.payloadFrom = at + RECORD_HEADER_BYTES;
  into.payloadTo = at + RECORD_HEADER_BYTES + payloadBytes;
  into.end = end;
  return true;
}

/** An empty view to read into. */
export function emptyRecord(): RecordView {
  return { kind: 0, number: 0, report: 0, time: 0, stream: 0, payloadFrom: 0, payloadTo: 0, end: 0 };
}
