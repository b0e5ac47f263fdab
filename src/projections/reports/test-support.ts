import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CommandRejected,
  EVENT_HEADER_WORDS,
  EventFlag,
  LedgerPosted,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderRested,
  Trade,
  UserAdded,
} from '#domain/events.ts';
import type { ReportStore } from '#domain/ports.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { nodeReportDisk, type ReportDisk } from './report-disk.ts';
import type { ReportWriter } from './report-writer.ts';

/** Help for tests of the report files: random events with what every user is told by them, and disks that fail. */

export interface Batch {
  readonly sequence: number;
  readonly words: WordBuffer;
  readonly from: number;
  readonly to: number;
}

/** What every user is told: report n is `reports.get(userId)[n - 1]`. Both numbers of a trade with oneself share one record. */
export type Reference = Map<number, Int32Array[]>;

const REPORTED = [OrderAccepted, CommandRejected, OrderCanceled, OrderReplaced];
const NOT_REPORTED = [OrderRested, LedgerPosted, UserAdded];
const BATCH_FROM = 6;

/** `count` batches of up to `eventsMax` random events on `users` users, and the reports in them. */
export function randomBatches(
  seed: number,
  count: number,
  eventsMax: number,
  users: number,
): { batches: Batch[]; reference: Reference } {
  const random = seededRandom(seed);
  const int = (below: number): number => Math.floor(random() * below);
  const reference: Reference = new Map();
  const batches: Batch[] = [];
  const userIds = Array.from({ length: users }, (_, i) => (i === 0 ? 2 ** 31 - 1 : i * 7));
  const user = (): number => userIds[Math.min(int(users), int(users))];
  const reportsOf = (userId: number): Int32Array[] => {
    const known = reference.get(userId) ?? [];
    reference.set(userId, known);
    return known;
  };
  for (let sequence = 1; sequence <= count; sequence++) {
    const events = 1 + int(eventsMax);
    const words = WordBuffer.allocate(BATCH_FROM + events * 52);
    const { i32, f64 } = words;
    let at = BATCH_FROM;
    const begin = (type: number, sizeWords: number, flags: number): Int32Array => {
      const start = at;
      for (let word = EVENT_HEADER_WORDS; word < sizeWords; word++) i32[start + word] = int(2 ** 32) | 0;
      i32[start] = type | (flags << 8) | (sizeWords << 16);
      i32[start + 1] = int(10);
      f64[(start + 2) >> 1] = sequence;
      i32[start + 4] = 1_790_000_000;
      i32[start + 5] = int(1e9);
      i32[start + 6] = 0;
      i32[start + 7] = 0;
      f64[(start + 8) >> 1] = 0;
      at += sizeWords;
      return i32.subarray(start, at);
    };
    for (let event = 0; event < events; event++) {
      const kind = random();
      const start = at;
      if (kind < 0.15) {
        const layout = NOT_REPORTED[int(NOT_REPORTED.length)];
        begin(layout.type, layout.words, random() < 0.5 ? EventFlag.Image : 0);
      } else if (kind < 0.2) {
        const record = begin(OrderAccepted.type, OrderAccepted.words, EventFlag.Image);
        record[6] = user();
      } else if (kind < 0.5) {
        const record = begin(Trade.type, Trade.words, 0);
        const maker = user();
        const taker = random() < 0.2 ? maker : user();
        record[Trade.at.makerUserId] = maker;
        f64[(start + Trade.at.makerReportNumber) >> 1] = reportsOf(maker).push(record);
        record[Trade.at.takerUserId] = taker;
        f64[(start + Trade.at.takerReportNumber) >> 1] = reportsOf(taker).push(record);
      } else {
        const layout = REPORTED[int(REPORTED.length)];
        const record = begin(layout.type, layout.words, 0);
        record[6] = user();
        f64[(start + Trade.at.reportNumber) >> 1] = reportsOf(record[6]).push(record);
      }
    }
    batches.push({ sequence, words, from: BATCH_FROM, to: at });
  }
  return { batches, reference };
}

export function feed(writer: ReportWriter, batches: readonly Batch[]): void {
  for (const { words, from, to } of batches) writer.onEvents(words, from, to);
}

/** The records of a read, copied. */
export async function recordsOf(
  store: ReportStore,
  userId: number,
  from: number,
  to: number,
): Promise<Int32Array[]> {
  const records: Int32Array[] = [];
  await store.read(userId, from, to, ({ i32 }, at) => records.push(i32.slice(at, at + (i32[at] >>> 16))));
  return records;
}

/** What a read of `from`..`to` must bring. */
export function expectedRecords(reports: readonly Int32Array[], from: number, to: number): Int32Array[] {
  return reports.slice(from - 1, to).filter((record, i, range) => i === 0 || record !== range[i - 1]);
}

/** Reads everything, and some random ranges, of every user; says where the store differs from the reference. */
export async function differences(
  store: ReportStore,
  reference: Reference,
  random: () => number,
): Promise<string[]> {
  const found: string[] = [];
  for (const [userId, reports] of reference) {
    const ranges = [[1, reports.length]];
    for (let i = 0; i < 4; i++) {
      const from = 1 + Math.floor(random() * reports.length);
      ranges.push([from, from + Math.floor(random() * (reports.length - from + 1))]);
    }
    for (const [from, to] of ranges) {
      const where = `user ${userId}, reports ${from} to ${to}`;
      try {
        const records = await recordsOf(store, userId, from, to);
        const expected = expectedRecords(reports, from, to);
        const equal =
          records.length === expected.length && records.every((one, i) => isEqual(one, expected[i]));
        if (!equal) found.push(`${where}: other records`);
      } catch (error) {
        found.push(`${where}: ${(error as { code?: string }).code}`);
      }
    }
  }
  return found;
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

/** The log's sequence of a record. */
export function sequenceOf(record: Int32Array): number {
  return new Float64Array(record.slice(2, 4).buffer)[0];
}

/** Every file of a directory with its bytes. */
export function filesOf(directory: string): Map<string, Buffer> {
  return new Map(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name))]),
  );
}

/** The real disk, counted, failing as it is told. */
export class TestDisk implements ReportDisk {
  declare readonly open: ReportDisk['open'];
  declare readonly close: ReportDisk['close'];
  declare readonly write: ReportDisk['write'];
  declare readonly sync: ReportDisk['sync'];
  declare readonly syncAhead: ReportDisk['syncAhead'];
  declare readonly hasName: ReportDisk['hasName'];
  declare readonly makeDirectory: ReportDisk['makeDirectory'];
  declare readonly syncDirectory: ReportDisk['syncDirectory'];
  declare readonly paths: Map<number, string>;
  declare openMost: number;
  declare writes: number;
  /** Paths made durable, in order. */
  declare readonly synced: string[];
  /** Writes until one fails with `failCode`. */
  declare failWriteIn: number;
  declare failCode: string;
  declare failSync: boolean;
  /** Most bytes that one write takes. */
  declare writeMost: number;
  /** Bytes by which writes miss their place. */
  declare misplacedBy: number;

  constructor() {
    this.paths = new Map();
    this.openMost = 0;
    this.writes = 0;
    this.synced = [];
    this.failWriteIn = Number.POSITIVE_INFINITY;
    this.failCode = 'ENOSPC';
    this.failSync = false;
    this.writeMost = Number.POSITIVE_INFINITY;
    this.misplacedBy = 0;
    this.hasName = nodeReportDisk.hasName;
    this.makeDirectory = nodeReportDisk.makeDirectory;
    this.open = (path) => {
      const handle = nodeReportDisk.open(path);
      this.paths.set(handle, path);
      this.openMost = Math.max(this.openMost, this.paths.size);
      return handle;
    };
    this.close = (handle) => {
      this.paths.delete(handle);
      nodeReportDisk.close(handle);
    };
    this.write = (handle, bytes, offset, length, position) => {
      this.writes++;
      if (--this.failWriteIn < 0)
        throw Object.assign(new Error(`${this.failCode}: injected`), { code: this.failCode });
      const taken = Math.min(length, this.writeMost);
      return nodeReportDisk.write(handle, bytes, offset, taken, position + this.misplacedBy);
    };
    this.sync = (handle) => {
      if (this.failSync) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
      this.synced.push(this.paths.get(handle) ?? '?');
      nodeReportDisk.sync(handle);
    };
    this.syncAhead = async (path) => {
      if (this.failSync) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
      await nodeReportDisk.syncAhead(path);
      this.synced.push(path);
    };
    this.syncDirectory = (path) => {
      this.synced.push(path);
      nodeReportDisk.syncDirectory(path);
    };
  }
}
