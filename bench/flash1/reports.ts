import { createHash } from 'node:crypto';

/** Kinds of report, numbered as the harness' `me_report_type_t`. */
export const ReportType = {
  OrderAck: 0,
  Trade: 1,
  CancelAck: 2,
  ModifyAck: 3,
  CancelReject: 4,
  ModifyReject: 5,
} as const;

/** Words of one report: type | sell << 8, sequence, order id (a trade's maker), price, quantity, taker. */
export const REPORT_WORDS = 6;

function line(words: Int32Array, at: number): string {
  const type = words[at] & 255;
  const side = words[at] >> 8;
  const sequence = words[at + 1];
  const orderId = words[at + 2];
  const price = words[at + 3];
  const quantity = words[at + 4];
  switch (type) {
    case ReportType.OrderAck:
    case ReportType.ModifyAck:
      return `${type},${sequence},${side},${orderId},${price},${quantity}`;
    case ReportType.Trade:
      return `${type},${sequence},${price},${quantity},${orderId},${words[at + 5]}`;
    case ReportType.CancelAck:
      return `${type},${sequence},${side},${orderId},${price}`;
    case ReportType.CancelReject:
    case ReportType.ModifyReject:
      return `${type},${sequence},${orderId}`;
    default:
      throw new Error(`report at word ${at}: unknown type ${type}`);
  }
}

/**
 * SHA-256 of the canonical text of `count` reports: stable-sorted by sequence and type, one line each, joined by
 * line feeds (the harness' src/correctness.cpp). Reports must come in ascending sequence, as a single-threaded book
 * sends them.
 */
export function canonicalHash(words: Int32Array, count: number): string {
  const hash = createHash('sha256');
  let group: number[] = [];
  let lines: string[] = [];
  let first = true;
  const flush = (): void => {
    group.sort((a, b) => (words[a] & 255) - (words[b] & 255));
    for (const at of group) lines.push(line(words, at));
    group = [];
    if (lines.length < 10_000) return;
    hash.update(`${first ? '' : '\n'}${lines.join('\n')}`);
    first = false;
    lines = [];
  };
  for (let i = 0; i < count; i++) {
    const at = i * REPORT_WORDS;
    if (group.length > 0 && words[at + 1] !== words[group[0] + 1]) {
      if (words[at + 1] < words[group[0] + 1]) throw new Error(`report ${i}: sequence goes back`);
      flush();
    }
    group.push(at);
  }
  flush();
  if (lines.length > 0) hash.update(`${first ? '' : '\n'}${lines.join('\n')}`);
  return hash.digest('hex');
}

/** A growing list of reports, for the naive book. */
export class ReportList {
  declare words: Int32Array;
  declare count: number;

  constructor() {
    this.words = new Int32Array(1 << 16);
    this.count = 0;
  }

  add(
    type: number,
    sell: number,
    sequence: number,
    id: number,
    price: number,
    qty: number,
    taker: number,
  ): void {
    const at = this.count * REPORT_WORDS;
    if (at + REPORT_WORDS > this.words.length) {
      const grown = new Int32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[at] = type | (sell << 8);
    this.words[at + 1] = sequence;
    this.words[at + 2] = id;
    this.words[at + 3] = price;
    this.words[at + 4] = qty;
    this.words[at + 5] = taker;
    this.count++;
  }
}

/** Counts by type, in the order of `ReportType`. */
export function countReports(words: Int32Array, count: number): Record<keyof typeof ReportType, number> {
  const counts = { OrderAck: 0, Trade: 0, CancelAck: 0, ModifyAck: 0, CancelReject: 0, ModifyReject: 0 };
  const names = Object.keys(counts) as (keyof typeof ReportType)[];
  for (let i = 0; i < count; i++) counts[names[words[i * REPORT_WORDS] & 255]]++;
  return counts;
}
