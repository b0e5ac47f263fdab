import { TradingCore } from '#core/trading-core.ts';
import { readSnapshot, SnapshotError, type SnapshotManifest } from '#replica/snapshot-file.ts';

/** Checks every byte of a snapshot, restores a core from it and compares the state. @throws SnapshotError */
export function verifySnapshot(path: string): SnapshotManifest {
  const core = new TradingCore({ onEvents: () => {} });
  const manifest = readSnapshot(path, core);
  if (core.stateHash !== manifest.stateHash || core.sequence !== manifest.sequence) {
    throw new SnapshotError(`${path}: what was restored is not what the manifest names. Remove the file`);
  }
  return manifest;
}
