import { existsSync } from 'node:fs';
import type { SnapshotError } from '#replica/snapshot-file.ts';

/** Snapshot files that were found damaged: each is told of once, and passed over as long as it is there. */
export class DamagedSnapshots {
  declare private readonly paths: Set<string>;
  declare private readonly onFound: (error: SnapshotError) => void;

  constructor(onFound: (error: SnapshotError) => void) {
    this.paths = new Set();
    this.onFound = onFound;
  }

  get size(): number {
    return this.paths.size;
  }

  has(path: string): boolean {
    return this.paths.has(path);
  }

  note(path: string, error: SnapshotError): void {
    if (this.paths.has(path)) return;
    this.paths.add(path);
    this.onFound(error);
  }

  /** Forgets files that are gone: so there are never more than snapshots. */
  forgetRemoved(): void {
    for (const path of this.paths) if (!existsSync(path)) this.paths.delete(path);
  }
}
