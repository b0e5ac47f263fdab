import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KV, KvEntry } from '@nats-io/kv';
import { writeFileDurably } from '#log/file/durable-file.ts';
import type { NodeLogger } from '../threads/threads.ts';
import { ClusterError } from './cluster-error.ts';

/** First of the numbers that nodes share out among themselves: others are for those whose number is configured. */
export const SHARED_ID_MIN = 1_001;
/** How many there are: living nodes, and those that ended without giving theirs back. */
export const SHARED_IDS = 64;
/** Between two renewals. */
const RENEW_MS = 3_000;
/** A number whose holder has not renewed it for so long is free: five renewals. */
const STALE_MS = 15_000;
/** How long the servers are asked again when they do not answer: an election takes up to 9 s. */
const READY_MS_MAX = 30_000;
const RETRY_MS = 250;
/** How long `close` waits for servers that do not answer. */
const GIVE_BACK_MS_MAX = 500;
/** Beside `hive.json`: which number the directory's node has, and as whom it holds it. */
const FILE = 'node-number.json';

/** What the bucket says of a number. */
interface NumberRecord {
  /** Who has it; null: nobody, it was given back. */
  readonly holder: string | null;
  /** For people: the holder's host. */
  readonly name: string;
  /** Highest epoch that was ever claimed for it. */
  readonly epoch: number;
}

/** What a data directory says of its number. */
interface KnownNumber {
  readonly nodeId: number;
  readonly holder: string;
}

export interface NodeNumberOptions {
  /** For people: the host. */
  readonly name: string;
  readonly logger: NodeLogger;
  /** A data directory that may know a number of its own. */
  readonly dataDirectory: string;
  readonly count?: number;
  readonly renewMs?: number;
  readonly staleMs?: number;
}

/**
 * A node number that this process holds in the cluster's bucket, for nodes that are alike and have none of their own (docs/adr/0022-node-numbers.md).
 * Each write to a number names the revision that it follows, so of two that want the same one gets it. That alone makes (number, epoch)
 * unique; renewals only say which numbers are free again.
 */
export class NodeNumber {
  declare readonly nodeId: number;
  declare private readonly kv: KV;
  declare private readonly holder: string;
  declare private readonly options: NodeNumberOptions;
  declare private record: NumberRecord;
  declare private revision: number;
  declare private timer: NodeJS.Timeout | undefined;
  /** Writes follow each other: the next names the revision of the last. */
  declare private writing: Promise<unknown>;
  declare private isRenewing: boolean;
  declare private isBound: boolean;
  declare private _isLost: boolean;
  declare private onLost: (() => void) | undefined;

  private constructor(
    kv: KV,
    nodeId: number,
    holder: string,
    record: NumberRecord,
    revision: number,
    options: NodeNumberOptions,
  ) {
    this.nodeId = nodeId;
    this.kv = kv;
    this.holder = holder;
    this.record = record;
    this.revision = revision;
    this.options = options;
    this.writing = Promise.resolve();
    this.isRenewing = false;
    this.isBound = false;
    this._isLost = false;
    this.onLost = undefined;
    this.timer = setInterval(() => void this.#renew(), options.renewMs ?? RENEW_MS);
  }

  /**
   * Takes the number that the data directory had, or else the lowest that nobody has. Where all are taken it waits, and takes one that was not renewed.
   * @param open opens the bucket, and makes it where there is none
   * @throws ClusterError NO_NUMBER; the client's error when the servers do not answer in time
   */
  static async take(open: () => Promise<KV>, options: NodeNumberOptions): Promise<NodeNumber> {
    const end = Date.now() + READY_MS_MAX;
    for (;;) {
      try {
        return await NodeNumber.#takeFrom(await open(), options);
      } catch (error) {
        // A bucket that another node is just making answers to nobody.
        if (error instanceof ClusterError || Date.now() > end) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  static async #takeFrom(kv: KV, options: NodeNumberOptions): Promise<NodeNumber> {
    const { dataDirectory, name, count = SHARED_IDS, staleMs = STALE_MS } = options;
    const known = readKnown(dataDirectory);
    const holder = known?.holder ?? randomUUID();
    const shared = Array.from({ length: count }, (_, i) => SHARED_ID_MIN + i);
    // Each once: its second visit in a round would find it as it was, and so not renewed.
    const ids = new Set(shared.includes(known?.nodeId ?? 0) ? [known?.nodeId ?? 0, ...shared] : shared);
    /** Revisions of those that others have. */
    const seen = new Map<number, number>();
    for (const wait of [0, staleMs]) {
      await sleep(wait);
      for (const nodeId of ids) {
        const entry = await kv.get(keyOf(nodeId));
        const standing = recordOf(entry);
        const isFree =
          standing === undefined ||
          standing.holder === null ||
          (standing.holder === holder && known?.nodeId === nodeId) ||
          seen.get(nodeId) === entry?.revision;
        if (!isFree) {
          seen.set(nodeId, entry?.revision ?? 0);
          continue;
        }
        const record = { holder, name, epoch: standing?.epoch ?? 0 };
        const revision = await swap(kv, nodeId, record, entry);
        if (revision !== undefined) return new NodeNumber(kv, nodeId, holder, record, revision, options);
      }
    }
    throw new ClusterError(
      'NO_NUMBER',
      `all ${count} node numbers that are shared out are held by living nodes: stop one, or give this node a number of its own (nodeId)`,
    );
  }

  /** Whether another node has it by now: this one must not append anything more. */
  get isLost(): boolean {
    return this._isLost;
  }

  /** Notes the number in a data directory that this process has locked: then the next start there has it again, and `close` gives it back. */
  bind(directory: string, onLost: () => void): void {
    const known: KnownNumber = { nodeId: this.nodeId, holder: this.holder };
    writeFileDurably(join(directory, FILE), `${JSON.stringify(known)}\n`);
    this.isBound = true;
    this.onLost = onLost;
    if (this._isLost) onLost();
  }

  /**
   * An epoch that nobody else ever has with this number, `least` or more.
   * @throws ClusterError NUMBER_LOST; the client's error when the servers do not answer in time
   */
  async claimEpoch(least: number): Promise<number> {
    const end = Date.now() + READY_MS_MAX;
    for (;;) {
      const epoch = Math.max(least, this.record.epoch + 1);
      try {
        await this.#write(() => ({ ...this.record, epoch }));
        return epoch;
      } catch (error) {
        if (this._isLost || Date.now() > end) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  /** Stops renewing, and gives the number back when the data directory was this process's. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.onLost = undefined;
    if (!this.isBound || this._isLost) return;
    // Servers that do not answer now make it free later: it is not renewed.
    const written = this.#write(() => ({ ...this.record, holder: null })).catch(() => {});
    await Promise.race([written, sleep(GIVE_BACK_MS_MAX, undefined, { ref: false })]);
  }

  async #renew(): Promise<void> {
    // A write to servers that do not answer takes longer than the time between two: others behind it would only hold up what is to follow.
    if (this._isLost || this.isRenewing) return;
    this.isRenewing = true;
    try {
      await this.#write(() => this.record);
    } catch (error) {
      if (this._isLost || this.timer === undefined) return;
      const { logger } = this.options;
      logger.warn({ nodeId: this.nodeId }, `the node number was not renewed: ${(error as Error).message}`);
    } finally {
      this.isRenewing = false;
    }
  }

  #write(recordNow: () => NumberRecord): Promise<void> {
    const write = this.writing.then(() => this.#writeNow(recordNow()));
    this.writing = write.catch(() => {});
    return write;
  }

  async #writeNow(record: NumberRecord): Promise<void> {
    try {
      this.revision = await this.kv.update(keyOf(this.nodeId), JSON.stringify(record), this.revision);
      this.record = record;
    } catch (error) {
      await this.#look();
      throw error;
    }
  }

  /** After a write that failed: was it this node's own, whose answer was lost, or does another node have the number? */
  async #look(): Promise<void> {
    const entry = await this.kv.get(keyOf(this.nodeId));
    if (entry === null) {
      // A copy that lags, or somebody has emptied the bucket: only where nothing is there does a first write succeed.
      this.revision = (await swap(this.kv, this.nodeId, this.record, null)) ?? this.revision;
      return;
    }
    // A copy that lags shows what was there before this node's last write.
    if (entry.revision < this.revision) return;
    const standing = recordOf(entry);
    if (standing?.holder === this.holder) {
      this.revision = entry.revision;
      this.record = standing;
      return;
    }
    this._isLost = true;
    clearInterval(this.timer);
    this.onLost?.();
    const who = standing?.holder == null ? 'nobody' : `${standing.name}`;
    throw new ClusterError(
      'NUMBER_LOST',
      `node number ${this.nodeId} was not renewed in time and belongs to ${who} now: restart this node, it gets another`,
    );
  }
}

function keyOf(nodeId: number): string {
  return String(nodeId);
}

function recordOf(entry: KvEntry | null): NumberRecord | undefined {
  return entry === null || entry.operation !== 'PUT' ? undefined : entry.json<NumberRecord>();
}

/** Writes where nobody wrote since; undefined: somebody did. */
async function swap(
  kv: KV,
  nodeId: number,
  record: NumberRecord,
  entry: KvEntry | null,
): Promise<number | undefined> {
  const data = JSON.stringify(record);
  try {
    return entry === null
      ? await kv.create(keyOf(nodeId), data)
      : await kv.update(keyOf(nodeId), data, entry.revision);
  } catch (error) {
    if (/wrong last sequence/.test((error as Error).message)) return undefined;
    throw error;
  }
}

function readKnown(directory: string): KnownNumber | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as KnownNumber;
  } catch {
    return undefined;
  }
}
