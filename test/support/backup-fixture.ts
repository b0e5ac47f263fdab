import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { BackupSet } from '#app/backup/backup-set.ts';
import type { BackupTarget, TargetObject } from '#app/backup/backup-target.ts';
import { DamagedSnapshots } from '#app/backup/damaged-snapshots.ts';
import { DirectoryTarget } from '#app/backup/directory-target.ts';
import { LocalLog } from '#app/backup/local-log.ts';
import { type RestoreOptions, type RestoreResult, restoreBackup } from '#app/backup/restore-backup.ts';
import { type BackupOptions, type WrittenBackup, writeBackup } from '#app/backup/write-backup.ts';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupKey } from '#codec/backup/backup-key.ts';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { Log } from '#domain/ports.ts';
import { type DataDirectory, openDataDirectory, readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { verifyLog } from '#log/file/verify.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { listSnapshots, readSnapshot, writeSnapshot } from '#replica/snapshot-file.ts';
import { marketSetup, RandomFlow } from './random-flow.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const SEGMENT_BYTES = 16 * 1024;
const ENTRY_NANOS = 1_000_000;

/** what a node does with its data directory, without a node: small segments, a millisecond for each entry. */
export class WrittenNode {
  readonly directory: string;
  readonly clock = new ManualClock();
  readonly core = new TradingCore({ onEvents: () => {} });
  /** State hash and log time after each entry, from entry 0. */
  readonly hashes = [this.core.stateHash];
  readonly times: { readonly seconds: number; readonly nanos: number }[] = [{ seconds: 0, nanos: 0 }];
  readonly log: FileLog;
  readonly #data: DataDirectory;
  readonly #outbox: Outbox;

  /** In a new directory, or in one that was restored to entry `core.sequence` of another node. */
  constructor(t: TestContext, directory: string, restoreCore: (core: TradingCore) => void = () => {}) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    this.#data = openDataDirectory(directory, { clock: this.clock, segmentBytes: SEGMENT_BYTES });
    restoreCore(this.core);
    this.#outbox = new Outbox(this.#data.meta.nodeId, this.#data.epoch, () => {});
    this.log = FileLog.open({
      directory: this.#data.logDirectory,
      logId: this.#data.logId,
      clock: this.clock,
      segmentBytes: SEGMENT_BYTES,
      commitBytesMax: SEGMENT_BYTES / 2,
      follower: followerOf((sequence, seconds, nanos, words, from, to) => {
        this.core.applyEntry(sequence, seconds, nanos, words, from, to);
        this.hashes[sequence] = this.core.stateHash;
        this.times[sequence] = { seconds, nanos };
      }),
    });
    t.after(() => this.close());
  }

  /** Each command is an entry. */
  append(commands: readonly CommandInput[]): void {
    for (const command of commands) {
      this.clock.advanceNanos(ENTRY_NANOS);
      const at = this.#outbox.reserve(commandWords(command));
      writeCommand(this.#outbox.words, at, command);
      this.#outbox.drain(this.log as Log);
      this.log.commit();
    }
  }

  snapshot(): void {
    writeSnapshot(this.#data.snapshotDirectory, this.core, this.#data.meta.logId);
  }

  local(): LocalLog {
    return new LocalLog(this.directory);
  }

  /** As `hive backup` does it. @param options over its own */
  backUp(
    target: BackupTarget,
    key?: BackupKey,
    options: Partial<BackupOptions> = {},
  ): Promise<WrittenBackup> {
    return writeBackup({
      set: this.set(target, key),
      log: this.local(),
      sequence: this.core.sequence,
      stateHash: this.core.stateHash,
      epoch: this.#data.epoch,
      isContinuous: false,
      damaged: new DamagedSnapshots((error) => assert.fail(error)),
      ...options,
    });
  }

  set(target: BackupTarget, key?: BackupKey): BackupSet {
    return new BackupSet(target, this.#data.meta.logId, key);
  }

  close(): void {
    this.log.close();
    this.#data.close();
  }
}

/** a target that fails at one of its operations, and all of them after. */
export class FailingTarget implements BackupTarget {
  readonly place: string;
  /** Operations until it fails. */
  left = Number.POSITIVE_INFINITY;
  operations = 0;
  /** Whether a failed put leaves an object without bytes, as stores that are not atomic do. */
  leavesHalf = false;
  readonly #inner: DirectoryTarget;

  constructor(inner: DirectoryTarget) {
    this.#inner = inner;
    this.place = inner.place;
  }

  async put(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#fails()) {
      // As an interrupted upload: some of it was read, and nothing is there.
      for await (const _ of source) break;
      if (this.leavesHalf) await this.#inner.put(name, (async function* () {})());
      throw new BackupError('UNREACHABLE', 'the target is away');
    }
    await this.#inner.put(name, source);
  }

  async *get(name: string): AsyncGenerator<Uint8Array> {
    this.#check();
    yield* this.#inner.get(name);
  }

  async list(prefix: string): Promise<TargetObject[]> {
    this.#check();
    return this.#inner.list(prefix);
  }

  async remove(name: string): Promise<void> {
    this.#check();
    await this.#inner.remove(name);
  }

  async removeFolder(folder: string): Promise<void> {
    this.#check();
    await this.#inner.removeFolder(folder);
  }

  async removeUnfinished(ageMs: number): Promise<void> {
    await this.#inner.removeUnfinished(ageMs);
  }

  #fails(): boolean {
    this.operations++;
    return this.left-- <= 0;
  }

  #check(): void {
    if (this.#fails()) throw new BackupError('UNREACHABLE', 'the target is away');
  }
}

/** Users of the market. */
export const USERS = 3;
/** Commands that make the market: the first entries. */
export const SETUP = marketSetup(USERS);

export interface BackupFixture {
  readonly node: WrittenNode;
  readonly target: DirectoryTarget;
  readonly root: string;
  /** Appends so many entries. */
  grow(entries: number): void;
  files(): string[];
  restore(into: string, options?: Partial<RestoreOptions>): Promise<RestoreResult>;
}

/** A node with a market, and a target for its backups. */
export function backupFixture(t: TestContext, key?: BackupKey): BackupFixture {
  const root = temporaryDirectory('backup-test');
  const node = new WrittenNode(t, join(root, 'node'));
  const target = new DirectoryTarget(join(root, 'target'));
  const flow = new RandomFlow(1, USERS);
  node.append(SETUP);
  return {
    node,
    target,
    root,
    grow: (entries) => node.append(Array.from({ length: entries }, () => flow.next())),
    files: () =>
      readdirSync(target.place, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .sort(),
    restore: (into, options = {}) =>
      restoreBackup({
        set: node.set(target, key),
        id: undefined,
        dataDirectory: join(root, into),
        end: {},
        wholeLog: false,
        segmentBytes: 16 * 1024,
        ...options,
      }),
  };
}

/** The directory is whole, and its log and snapshots give these hashes. */
export function checkDirectory(directory: string, node: WrittenNode, sequence: number): void {
  const { logId } = readDataDirectoryMeta(directory);
  const summary = verifyLog(join(directory, 'log'));
  assert.deepEqual([summary.logId, summary.lastSequence], [logId, sequence]);
  for (const { path, sequence: at } of listSnapshots(join(directory, 'snapshots'))) {
    const core = new TradingCore({ onEvents: () => {} });
    assert.equal(readSnapshot(path, core).logId, logId);
    assert.equal(core.stateHash, node.hashes[at]);
  }
}
