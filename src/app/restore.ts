import type { TradingCore } from '#core/trading-core.ts';
import { listSnapshots, readSnapshot, SnapshotError, type SnapshotManifest } from '#replica/snapshot-file.ts';

export interface RestoredCore {
  readonly core: TradingCore;
  /** Undefined: the core is fresh, the whole log is to be applied. */
  readonly manifest: SnapshotManifest | undefined;
  /** Snapshot that was used. */
  readonly path: string | undefined;
}

/**
 * A core from the newest snapshot of the directory that is whole; damaged ones are reported and passed over.
 * @param newCore makes a fresh core: a failed restore leaves a core unusable
 * @param logId snapshots of other logs are refused
 */
export function restoreNewest(
  directory: string,
  logId: string,
  newCore: () => TradingCore,
  onUnusable: (error: SnapshotError) => void,
): RestoredCore {
  for (const { path } of listSnapshots(directory)) {
    try {
      return restoreFrom(path, logId, newCore());
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      onUnusable(error);
    }
  }
  return { core: newCore(), manifest: undefined, path: undefined };
}

/** @throws SnapshotError */
export function restoreFrom(path: string, logId: string, core: TradingCore): RestoredCore {
  const manifest = readSnapshot(path, core);
  if (manifest.logId !== logId) {
    throw new SnapshotError(
      `${path}: is of log ${manifest.logId}, this directory's is ${logId}. Move the file away and start again.`,
    );
  }
  return { core, manifest, path };
}
