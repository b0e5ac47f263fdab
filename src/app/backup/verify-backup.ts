import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupManifest } from '#codec/backup/manifest.ts';
import { TradingCore } from '#core/trading-core.ts';
import { readSnapshot } from '#replica/snapshot-file.ts';
import { applyEntry } from '../apply-entry.ts';
import type { BackupSet } from './backup-set.ts';
import { fetchToFile } from './fetch-to-file.ts';
import { LogCover } from './log-cover.ts';
import { objectsOf, planRestore, type RestorePlan } from './restore-plan.ts';
import { HashCheck, SetLogReader } from './set-log-reader.ts';

export interface VerifiedBackup {
  readonly id: string;
  readonly objects: number;
  readonly bytes: number;
  /** Entries that were applied to the snapshot. */
  readonly replayed: number;
  readonly sequence: number;
  readonly stateHash: string;
}

export interface VerifiedLatest extends VerifiedBackup {
  /** What is wrong with backups of the log that were passed over. */
  readonly damaged: readonly BackupError[];
}

/**
 * Reads every object that a backup names, checks it, applies the log to the snapshot and compares the state hashes. Writes
 * nothing but a temporary copy of the snapshot.
 * @throws BackupError, LogCorruptError, SnapshotError, CoreVersionError
 */
export async function verifyBackup(set: BackupSet, manifest: BackupManifest): Promise<VerifiedBackup> {
  const { snapshot, log } = manifest;
  const hashes = new Map([[log.lastSequence, manifest.stateHash]]);
  if (snapshot !== null) hashes.set(snapshot.sequence, snapshot.stateHash);
  const own = LogCover.ofObjects(log.objects.map((object) => ({ ...object, modifiedMs: 0 })));
  const core = await applied(set, {
    manifest,
    firstSequence: log.firstSequence,
    endSequence: log.lastSequence,
    chain: own.chain(log.firstSequence, log.lastSequence),
    expected: objectsOf([manifest]),
    hashes,
  });
  const objects = [...objectsOf([manifest]).values()];
  return {
    id: manifest.id,
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    replayed: log.lastSequence - (snapshot?.sequence ?? 0),
    sequence: core.sequence,
    stateHash: core.stateHash,
  };
}

/**
 * Does so with the newest backup, and with all of the log behind it that the target has: with everything that `restore latest`
 * takes.
 * @throws BackupError, LogCorruptError, SnapshotError, CoreVersionError
 */
export async function verifyLatest(set: BackupSet): Promise<VerifiedLatest> {
  const plan = await planRestore(set, { id: undefined, end: {}, wholeLog: false });
  const { manifest, chain, endSequence, damaged } = plan;
  const verified = await verifyBackup(set, manifest);
  const own = objectsOf([manifest]);
  const behind = chain.map(({ piece }) => piece).filter(({ name }) => !own.has(name));
  if (behind.length === 0) return { ...verified, damaged };
  const { sequence, stateHash } = await applied(set, plan);
  return {
    id: manifest.id,
    objects: verified.objects + behind.length,
    bytes: behind.reduce((sum, { bytes }) => sum + bytes, verified.bytes),
    replayed: endSequence - (manifest.snapshot?.sequence ?? 0),
    sequence,
    stateHash,
    damaged,
  };
}

type Reading = Pick<
  RestorePlan,
  'manifest' | 'firstSequence' | 'endSequence' | 'chain' | 'expected' | 'hashes'
>;

/** The state of a backup's snapshot after the log was applied. */
async function applied(set: BackupSet, reading: Reading): Promise<TradingCore> {
  const { manifest, firstSequence, endSequence } = reading;
  const core = new TradingCore({ onEvents: () => {} });
  if (manifest.snapshot !== null) await restoreSnapshot(set, manifest.snapshot, core);
  const check = new HashCheck(reading.hashes);
  check.check(core);
  const reader = new SetLogReader(set, firstSequence, reading.expected);
  await reader.read(
    reading.chain,
    {
      deliver: (sequence, timeSeconds, timeNanos, words, from, to) => {
        if (sequence <= core.sequence) return;
        applyEntry(core, sequence, timeSeconds, timeNanos, words, from, to);
        check.check(core);
      },
    },
    () => true,
  );
  if (reader.nextSequence === endSequence + 1 && core.sequence === endSequence) return core;
  throw new BackupError(
    'DAMAGED',
    `backup ${manifest.id} should end with entry ${endSequence}, its objects end with entry ${reader.nextSequence - 1}: use another backup`,
  );
}

async function restoreSnapshot(
  set: BackupSet,
  snapshot: NonNullable<BackupManifest['snapshot']>,
  core: TradingCore,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hive-backup-'));
  try {
    const path = join(directory, 'snapshot.hms');
    await fetchToFile(set, snapshot.object, path);
    readSnapshot(path, core);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
