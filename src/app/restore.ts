import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import {
  listSnapshots,
  readManifest,
  readSnapshot,
  SnapshotError,
  type SnapshotManifest,
} from '#replica/snapshot-file.ts';

export interface RestoredCore {
  readonly core: TradingCore;
  /** Undefined: the core is fresh, the whole log is to be applied. */
  readonly manifest: SnapshotManifest | undefined;
  /** Snapshot that was used. */
  readonly path: string | undefined;
}

/**
 * A core from the newest snapshot of the directory that is whole; damaged ones are reported and passed over. One whose core
 * version this build lacks is not: whatever is older leads to the entry that switches to it.
 * @param newCore makes a fresh core: a failed restore leaves a core unusable
 * @param logId snapshots of other logs are passed over too
 * @throws SnapshotError
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
      if (!(error instanceof SnapshotError) || error.cause instanceof CoreVersionError) throw error;
      onUnusable(error);
    }
  }
  return { core: newCore(), manifest: undefined, path: undefined };
}

/** @throws SnapshotError */
export function restoreFrom(path: string, logId: string, core: TradingCore): RestoredCore {
  try {
    return restoreRead(path, logId, core);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new SnapshotError(
      `${error.message}. Look at the file's owner, the kernel log (dmesg) and the device.`,
      { cause: error },
    );
  }
}

function restoreRead(path: string, logId: string, core: TradingCore): RestoredCore {
  const manifest = readManifest(path);
  if (manifest.logId !== logId) {
    throw new SnapshotError(
      `${path}: is of log ${manifest.logId}, this directory's is ${logId}. Move the file away and start again.`,
    );
  }
  readSnapshot(path, core);
  return { core, manifest, path };
}
