import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupManifest } from '#codec/backup/manifest.ts';
import { TradingCore } from '#core/trading-core.ts';
import { readSnapshot } from '#replica/snapshot-file.ts';
import type { BackupSet } from './backup-set.ts';
import { fetchToFile } from './fetch-to-file.ts';
import { LogCover } from './log-cover.ts';
import { objectsOf } from './restore-plan.ts';
import { applyEntry, HashCheck, SetLogReader } from './set-log-reader.ts';

export interface VerifiedBackup {
  readonly id: string;
  readonly objects: number;
  readonly bytes: number;
  /** Entries that were applied to the snapshot. */
  readonly replayed: number;
  readonly sequence: number;
  readonly stateHash: string;
}

/**
 * Reads every object that a backup names, checks it, applies the log to the snapshot and compares the state hashes. Writes
 * nothing but a temporary copy of the snapshot.
 * @throws BackupError, LogCorruptError, SnapshotError, CoreVersionError
 */
export async function verifyBackup(set: BackupSet, manifest: BackupManifest): Promise<VerifiedBackup> {
  const { snapshot, log } = manifest;
  const core = new TradingCore({ onEvents: () => {} });
  if (snapshot !== null) await restoreSnapshot(set, snapshot, core);
  const hashes = new Map([[log.lastSequence, manifest.stateHash]]);
  if (snapshot !== null) hashes.set(snapshot.sequence, snapshot.stateHash);
  const check = new HashCheck(hashes);
  check.check(core);
  const own = LogCover.ofObjects(log.objects.map((object) => ({ ...object, modifiedMs: 0 })));
  const reader = new SetLogReader(set, log.firstSequence, objectsOf([manifest]));
  await reader.read(
    own.chain(log.firstSequence, log.lastSequence),
    {
      deliver: (sequence, timeSeconds, timeNanos, words, from, to) => {
        if (sequence <= core.sequence) return;
        applyEntry(core, sequence, timeSeconds, timeNanos, words, from, to);
        check.check(core);
      },
    },
    () => true,
  );
  if (reader.nextSequence !== log.lastSequence + 1 || core.sequence !== log.lastSequence) {
    throw new BackupError(
      'DAMAGED',
      `backup ${manifest.id} should end with entry ${log.lastSequence}, its objects end with entry ${reader.nextSequence - 1}: use another backup`,
    );
  }
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
