import { latin1Of } from '#lib/latin1.ts';
import { RecordCursor } from './record-cursor.ts';
import { RECORD_HEADER_BYTES, RecordKind, RecordMemory, STORE_FORMAT, sealRecord } from './records.ts';

/**
 * What a session has in a stream is a row of batches. Each is written by one owner of the session: its first one, a claim, says
 * that it has the session from there on, and each later one brings messages and the numbers as they stand after them.
 * SessionChain says which of them count.
 */
export interface BatchHeader {
  /** Of the owner: each claim is of the generation behind the one that it saw. */
  readonly generation: number;
  /** Names the owner: no two openings of a session have the same. */
  readonly writer: string;
  /** Counts the owner's batches from 1; 0: the claim. */
  readonly number: number;
  /** Sequence of the last batch before it that counts and is no claim, as its writer saw it; 0: there was none. */
  readonly previousSequence: number;
  /** undefined: a claim, which says nothing of them. */
  readonly numbers: SessionNumbers | undefined;
}

/** Where a session stands. */
export interface SessionNumbers {
  readonly createdMs: number;
  readonly nextIncoming: number;
  readonly nextOutgoing: number;
  /** Number of the first message of this batch, session layer included; `nextOutgoing` when it has none. */
  readonly firstOutgoing: number;
  /** Last report by stream. */
  readonly reports: ReadonlyMap<number, number>;
}

/** A batch, and its messages in their records. */
export interface Batch extends BatchHeader {
  readonly memory: RecordMemory;
  /** Its Message records are `memory.u8[messagesFrom, …)`. */
  readonly messagesFrom: number;
}

/** Bytes of a stream of reports in a Numbers record. */
const STREAM_BYTES = 16;
/** More than the records before the messages take, without the reports. */
const HEAD_BYTES = 256;

/** Bytes that a batch takes beside its messages. */
export function batchHeadBytes(streams: number): number {
  return HEAD_BYTES + streams * STREAM_BYTES;
}

/** Writes a batch. @param messages Message records @param messagesTo their end */
export function encodeBatch(header: BatchHeader, messages: Uint8Array, messagesTo: number): Uint8Array {
  const { generation, writer, number, previousSequence, numbers } = header;
  const memory = new RecordMemory(batchHeadBytes(numbers?.reports.size ?? 0) + messagesTo);
  const { u8, view } = memory;
  for (let i = 0; i < writer.length; i++) u8[RECORD_HEADER_BYTES + i] = writer.charCodeAt(i);
  const firstOutgoing = numbers?.firstOutgoing ?? 0;
  let at = sealRecord(
    memory,
    0,
    RecordKind.Batch,
    generation,
    number,
    previousSequence,
    firstOutgoing,
    writer.length,
  );
  at = sealRecord(memory, at, RecordKind.Opened, STORE_FORMAT, 0, numbers?.createdMs ?? 0, 0, 0);
  if (numbers === undefined) return u8.subarray(0, at);
  let payload = at + RECORD_HEADER_BYTES;
  for (const [stream, reportNumber] of numbers.reports) {
    view.setUint32(payload, stream, true);
    view.setUint32(payload + 4, 0, true);
    view.setFloat64(payload + 8, reportNumber, true);
    payload += STREAM_BYTES;
  }
  const { nextIncoming, nextOutgoing, reports } = numbers;
  const reportBytes = reports.size * STREAM_BYTES;
  at = sealRecord(memory, at, RecordKind.Numbers, nextIncoming, nextOutgoing, 0, 0, reportBytes);
  u8.set(messages.subarray(0, messagesTo), at);
  return u8.subarray(0, at + messagesTo);
}

/** Reads a batch. @throws Error that says what is wrong with it */
export function decodeBatch(bytes: Uint8Array): Batch {
  const memory = new RecordMemory((bytes.length + 7) & ~7);
  memory.u8.set(bytes);
  const cursor = new RecordCursor(memory, 0, bytes.length);
  const {
    number: generation,
    report: number,
    time: previousSequence,
    ...first
  } = cursor.expect(RecordKind.Batch);
  const writer = latin1Of(memory.u8, first.payloadFrom, first.payloadTo);
  const opened = cursor.expect(RecordKind.Opened);
  if (opened.number !== STORE_FORMAT) throw new Error(`its format ${opened.number} is not ${STORE_FORMAT}`);
  const header = { generation, number, previousSequence, writer, memory };
  if (number === 0) return { ...header, numbers: undefined, messagesFrom: opened.end };
  const {
    number: nextIncoming,
    report: nextOutgoing,
    payloadFrom,
    payloadTo,
    end,
  } = cursor.expect(RecordKind.Numbers);
  const reports = new Map<number, number>();
  for (let at = payloadFrom; at < payloadTo; at += STREAM_BYTES) {
    reports.set(memory.view.getUint32(at, true), memory.view.getFloat64(at + 8, true));
  }
  const numbers = {
    createdMs: opened.time,
    nextIncoming,
    nextOutgoing,
    firstOutgoing: first.stream,
    reports,
  };
  while (cursor.record.end !== bytes.length) cursor.expect(RecordKind.Message);
  return { ...header, numbers, messagesFrom: end };
}
