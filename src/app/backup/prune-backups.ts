import { manifestName, parsePieceName, parseSnapshotName } from '#codec/backup/object-names.ts';
import type { BackupSet } from './backup-set.ts';
import type { TargetObject } from './backup-target.ts';
import { newestFirst, objectsOf } from './restore-plan.ts';

/** Objects that an interrupted write left are kept for so long: whoever writes them may still be at it. */
const UNFINISHED_MS = 24 * 3_600_000;

export interface PruneOptions {
  /** Backups to keep, the newest; at least 1. */
  readonly keep: number;
  /** Also removes the log before that of the oldest kept backup. */
  readonly forgetLog: boolean;
  /** Counts and removes only backups that nodes have made by themselves. */
  readonly onlyContinuous: boolean;
}

export interface Pruned {
  readonly removedBackups: string[];
  readonly keptBackups: string[];
  readonly removedObjects: number;
  readonly freedBytes: number;
}

/**
 * Removes old backups, those whose manifest is damaged and that reach no farther than a whole one, and the objects that no kept one
 * needs: snapshots, and pieces of log that are in larger pieces too. All log stays, unless it is to be forgotten: it is the audit record, and what a continuous backup has sent since the newest backup.
 * @throws BackupError
 */
export async function pruneBackups(set: BackupSet, options: PruneOptions): Promise<Pruned> {
  return set.exclusively('prune', (check) => prune(set, options, check));
}

async function prune(
  set: BackupSet,
  { keep, forgetLog, onlyContinuous }: PruneOptions,
  check: () => Promise<void>,
): Promise<Pruned> {
  const { whole, damaged } = await set.manifests();
  const all = newestFirst(whole);
  const old = all.filter(({ isContinuous }) => isContinuous || !onlyContinuous).slice(keep);
  const kept = all.filter((manifest) => !old.includes(manifest));
  // Of a damaged one nobody knows who has made it; one that may be the newest is for people to look at.
  const reach = Math.max(0, ...whole.map(({ log }) => log.lastSequence));
  const useless = onlyContinuous ? [] : damaged.filter(({ sequence }) => sequence <= reach);
  const removedBackups = [...old, ...useless].map(({ id }) => id);
  await check();
  // Manifests first: one that is there must find its objects.
  for (const id of removedBackups) await set.remove(manifestName(id));
  const needed = objectsOf(kept);
  const firstNeeded = Math.min(...kept.map(({ log }) => log.firstSequence));
  const pieces = [...(await set.list('log/')), ...(await set.list('live/'))];
  const dispensable = [
    ...(await set.list('snapshots/')).filter(({ name }) => parseSnapshotName(name) !== undefined),
    ...coveredPieces(pieces, needed),
    ...(forgetLog
      ? pieces.filter(({ name }) => (parsePieceName(name)?.lastSequence ?? firstNeeded) < firstNeeded)
      : []),
  ];
  const removed = new Map<string, number>();
  for (const { name, bytes } of kept.length === 0 ? [] : dispensable) {
    if (needed.has(name) || removed.has(name)) continue;
    await set.remove(name);
    removed.set(name, bytes);
  }
  await set.target.removeUnfinished(UNFINISHED_MS);
  return {
    removedBackups,
    keptBackups: kept.map(({ id }) => id),
    removedObjects: removed.size,
    freedBytes: [...removed.values()].reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** Pieces whose entries are all in one other piece of the same history, which stays. */
function coveredPieces(
  pieces: readonly TargetObject[],
  needed: ReadonlyMap<string, unknown>,
): TargetObject[] {
  const sorted = pieces
    .map((object) => ({ object, piece: parsePieceName(object.name), isNeeded: needed.has(object.name) }))
    .filter(({ piece }) => piece !== undefined)
    .sort(
      (a, b) =>
        a.piece!.line - b.piece!.line ||
        a.piece!.firstSequence - b.piece!.firstSequence ||
        b.piece!.lastSequence - a.piece!.lastSequence ||
        Number(a.piece!.isLive) - Number(b.piece!.isLive) ||
        Number(b.isNeeded) - Number(a.isNeeded),
    );
  const covered: TargetObject[] = [];
  let [line, reach] = [-1, 0];
  for (const { object, piece } of sorted) {
    if (piece!.line !== line) [line, reach] = [piece!.line, 0];
    if (piece!.lastSequence <= reach) covered.push(object);
    else if (!piece!.isLive) reach = piece!.lastSequence;
  }
  return covered;
}
