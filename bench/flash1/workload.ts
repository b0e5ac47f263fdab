import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Workloads of github.com/flash1-dev/matching-engine-benchmark: a 16-byte header `[u64 magic][u32 version]
 * [u32 count]`, then records of 40 bytes `[u8 type][u8 side][u8 ioc][u8][u32 quantity][u64 sequence][u64 order id]
 * [i64 price][i64]` (its docs/METHODOLOGY.md, "On-disk format").
 */
const MAGIC = 0x4d4542575f303031n;
const VERSION = 1;
const HEADER_BYTES = 16;
const RECORD_BYTES = 40;

export const MessageKind = { New: 0, Cancel: 1, Modify: 2 } as const;

/** Words of one message: kind | sell << 8 | ioc << 16, price, quantity, order id. Its index is its sequence number. */
export const MESSAGE_WORDS = 4;

export interface Workload {
  /** The scenario, seed and count in the file's name. */
  readonly name: string;
  readonly words: Int32Array;
  readonly messages: number;
  /** Largest order id that any message names. */
  readonly orderIdMax: number;
}

/** @throws Error naming the file when it is not a workload or holds a number that our book does not take. */
export function readWorkload(path: string): Workload {
  const bytes = readFileSync(path);
  const fail = (what: string): never => {
    throw new Error(`${path}: ${what}`);
  };
  if (bytes.length < HEADER_BYTES || bytes.readBigUInt64LE(0) !== MAGIC) fail('not a workload file');
  if (bytes.readUInt32LE(8) !== VERSION) fail(`format version ${bytes.readUInt32LE(8)}, expected ${VERSION}`);
  const messages = bytes.readUInt32LE(12);
  if (bytes.length !== HEADER_BYTES + messages * RECORD_BYTES)
    fail(`truncated: header says ${messages} records`);
  const words = new Int32Array(messages * MESSAGE_WORDS);
  let orderIdMax = 0;
  for (let i = 0; i < messages; i++) {
    const at = HEADER_BYTES + i * RECORD_BYTES;
    const kind = bytes[at];
    const orderId = Number(bytes.readBigUInt64LE(at + 16));
    const price = Number(bytes.readBigInt64LE(at + 24));
    const quantity = bytes.readUInt32LE(at + 4);
    if (kind > MessageKind.Modify) fail(`record ${i}: unknown type ${kind}`);
    if (Number(bytes.readBigUInt64LE(at + 8)) !== i) fail(`record ${i}: sequence numbers are not dense`);
    if (price < 0 || price > 0x7fffffff) fail(`record ${i}: price ${price} is not a 31-bit number of ticks`);
    if (quantity > 0x7fffffff || orderId > 0x7fffffff) fail(`record ${i}: a number is beyond 31 bits`);
    const to = i * MESSAGE_WORDS;
    words[to] = kind | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    words[to + 1] = price;
    words[to + 2] = quantity;
    words[to + 3] = orderId;
    if (orderId > orderIdMax) orderIdMax = orderId;
  }
  return { name: basename(path).replace(/^orders_|\.bin$/g, ''), words, messages, orderIdMax };
}
