import { randomUUID } from 'node:crypto';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupManifest, ManifestObject } from '#codec/backup/manifest.ts';
import type { LogTime } from '../log-time.ts';
import type { BackupSet, DamagedManifest, Manifests } from './backup-set.ts';
import { LogCover, type PieceUse } from './log-cover.ts';
import { SetLogReader } from './set-log-reader.ts';

/** Where a restored log is to end: at an entry, at the last entry that is not later than a time, or, with neither, where it ends. */
export interface LogEnd {
  readonly sequence?: number;
  readonly time?: LogTime;
}

/** What a restore is asked for. */
export interface RestoreWish {
  /**
   * A backup, with whose end the restore ends unless `end` says another; undefined: the newest from which `end` can be reached, and,
   * without an end, all of the log that the target has.
   */
  readonly id: string | undefined;
  readonly end: LogEnd;
  /** All of the log that the target has, from its beginning, applied from there: slower, and every report is there again. */
  readonly wholeLog: boolean;
  /** A copy with an id of its own also where it ends as the log does: to run beside the original. Default: false. */
  readonly asNewLog?: boolean;
}

/** How a restore will go. */
export interface RestorePlan {
  readonly manifest: BackupManifest;
  /** State to start from; undefined: the log's beginning. */
  readonly snapshot: NonNullable<BackupManifest['snapshot']> | undefined;
  /** First and last entry of the restored log; it is empty when the state is the snapshot's. */
  readonly firstSequence: number;
  readonly endSequence: number;
  readonly chain: readonly PieceUse[];
  /** What manifests say of objects, by name. */
  readonly expected: ReadonlyMap<string, ManifestObject>;
  /** What is wrong with backups of the log that were passed over. */
  readonly damaged: readonly BackupError[];
  /** State hashes that are known, by the entry after which they hold. */
  readonly hashes: ReadonlyMap<number, string>;
  /** Id of the restored log: the same one when it ends where the log in the target does, else a new one. */
  readonly logId: string;
}

/**
 * Finds what a restore needs, and refuses one that cannot come to its end before anything is written.
 * @throws BackupError NOT_FOUND, MISSING, DAMAGED, KEY
 */
export async function planRestore(
  set: BackupSet,
  { id, end, wholeLog, asNewLog = false }: RestoreWish,
): Promise<RestorePlan> {
  const found = await set.manifests();
  const { whole: manifests, damaged } = found;
  const cover = await LogCover.of(set);
  const manifest = chooseManifest(set, found, cover, id, end);
  const expected = objectsOf(manifests);
  const own = ownLog(manifest, cover, id);
  const isOwn = endsIn(manifest, own, cover, id, end) || !leadsOn(manifest, cover);
  const source = isOwn ? own.pieces : cover;
  const base = manifest.snapshot?.sequence ?? 0;
  const wanted = await endOf(set, manifest, source, own.reach, expected, id, end);
  const isGivenUp = isOwn && wanted > cover.limitOf(manifest.line);
  const covers = isGivenUp ? [source] : [cover, source];
  const firstSequence = wholeLog ? wholeStart(covers, manifest, wanted) : base + 1;
  const chain = (firstSequence < manifest.log.firstSequence ? cover : source).chain(firstSequence, wanted);
  const endSequence = chain.at(-1)?.lastSequence ?? firstSequence - 1;
  if (endSequence < wanted) throw gap(set, manifest, wanted, endSequence);
  const isFullEnd = !isGivenUp && cover.endFrom(base + 1) <= wanted;
  if (id === undefined && end.sequence === undefined && isFullEnd) refuseLess(set, cover, damaged, wanted);
  return {
    manifest,
    snapshot: firstSequence === 1 && wholeLog ? undefined : (manifest.snapshot ?? undefined),
    firstSequence,
    endSequence,
    chain,
    expected,
    damaged: damaged.map(({ error }) => error),
    hashes: hashesOf(manifests, cover, isGivenUp ? manifest.line : undefined),
    logId: isFullEnd && !asNewLog ? set.logId : randomUUID(),
  };
}

/** Newest first: of the newest history, then with the most entries, then made last. */
export function newestFirst(manifests: readonly BackupManifest[]): BackupManifest[] {
  return manifests.toSorted(
    (a, b) =>
      b.line - a.line || b.log.lastSequence - a.log.lastSequence || (a.createdAt < b.createdAt ? 1 : -1),
  );
}

function chooseManifest(
  set: BackupSet,
  { whole: manifests, damaged }: Manifests,
  cover: LogCover,
  id: string | undefined,
  end: LogEnd,
): BackupManifest {
  const { place } = set.target;
  const lost = damaged.findLast((one) => id === undefined || one.id === id);
  const isWhole = id === undefined ? manifests.length > 0 : manifests.some((one) => one.id === id);
  if (!isWhole && lost !== undefined) throw lost.error;
  if (id === undefined && manifests.length === 0) {
    throw new BackupError(
      'NOT_FOUND',
      `there is no complete backup of log ${set.logId} in ${place}: see "hive backup list"`,
    );
  }
  const candidates = id === undefined ? newestFirst(manifests) : manifests.filter((one) => one.id === id);
  if (candidates.length === 0) {
    throw new BackupError(
      'NOT_FOUND',
      `there is no backup ${id} of log ${set.logId} in ${place}: see "hive backup list"`,
    );
  }
  const found = candidates.find(
    (manifest) => reaches(manifest, end) && (id !== undefined || leadsOn(manifest, cover)),
  );
  if (found !== undefined) return found;
  throw new BackupError(
    'NOT_FOUND',
    id === undefined
      ? `every ${lost === undefined ? '' : 'whole '}backup begins with a state after that point, or of a history that was given up: choose a later point, or a backup by its id${lost === undefined ? '' : `; ${lost.error.message}`}`
      : `backup ${id} begins with a state after that point: choose a later point, or an older backup`,
  );
}

/** All that there is must not be, without a word, less than what lies behind a gap, or than a backup had that nobody can read. */
function refuseLess(
  { target: { place } }: BackupSet,
  { lastSequence }: LogCover,
  damaged: readonly DamagedManifest[],
  endSequence: number,
): void {
  const way = `or come back without what is behind with --to-sequence ${endSequence}`;
  if (lastSequence > endSequence) {
    throw new BackupError(
      'MISSING',
      `entry ${endSequence + 1} is not in ${place}, which has later ones, to entry ${lastSequence}: take what is lacking from another copy of the target, ${way}`,
    );
  }
  const lost = damaged.find(({ sequence }) => sequence > endSequence);
  if (lost === undefined) return;
  const { error, sequence } = lost;
  throw new BackupError(
    'DAMAGED',
    `${error.message}. It goes to entry ${sequence}, what else is in ${place} to entry ${endSequence}: take that manifest from another copy of the target, ${way}`,
  );
}

function reaches({ snapshot }: BackupManifest, { sequence, time }: LogEnd): boolean {
  if (snapshot === null) return true;
  if (sequence !== undefined) return snapshot.sequence <= sequence;
  return time === undefined || !isLater(snapshot.timeSeconds, snapshot.timeNanos, time);
}

function isLater(seconds: number, nanos: number, than: LogTime): boolean {
  return seconds > than.seconds || (seconds === than.seconds && nanos > than.nanos);
}

/** Whether the log that counts goes on from the state with which a backup begins: not from one behind which its history was given up. */
function leadsOn({ line, snapshot }: BackupManifest, cover: LogCover): boolean {
  return (snapshot?.sequence ?? 0) <= cover.limitOf(line);
}

/** What of a backup's own log a restore may take. */
interface OwnLog {
  readonly pieces: LogCover;
  /** Last entry that counts: none of a history that was given up, unless the backup was named. */
  readonly reach: number;
}

/** A backup's own pieces: they stay when its history was given up since. */
function ownLog({ line, log }: BackupManifest, cover: LogCover, id: string | undefined): OwnLog {
  const pieces = LogCover.ofObjects(log.objects.map((object) => ({ ...object, modifiedMs: 0 })));
  const limit = id === undefined ? cover.limitOf(line) : Number.POSITIVE_INFINITY;
  return { pieces, reach: Math.min(log.lastSequence, limit) };
}

/** Whether the restore ends within the backup's own log. */
function endsIn(
  { snapshot, log }: BackupManifest,
  { reach }: OwnLog,
  cover: LogCover,
  id: string | undefined,
  { sequence, time }: LogEnd,
): boolean {
  if (sequence !== undefined) return sequence <= reach;
  if (time === undefined) return id !== undefined || cover.endFrom((snapshot?.sequence ?? 0) + 1) <= reach;
  return reach === log.lastSequence && isLater(log.lastTimeSeconds, log.lastTimeNanos, time);
}

/** The last entry that the restore is to have. */
async function endOf(
  set: BackupSet,
  manifest: BackupManifest,
  source: LogCover,
  reach: number,
  expected: ReadonlyMap<string, ManifestObject>,
  id: string | undefined,
  { sequence, time }: LogEnd,
): Promise<number> {
  if (sequence !== undefined) return sequence;
  const base = manifest.snapshot?.sequence ?? 0;
  if (time === undefined) return id === undefined ? Math.max(source.endFrom(base + 1), reach) : reach;
  const reader = new SetLogReader(set, base + 1, expected);
  let last = base;
  let isOver = false;
  await reader.read(
    source.chain(base + 1),
    {
      deliver: (entry, seconds, nanos) => {
        isOver ||= isLater(seconds, nanos, time);
        if (!isOver) last = entry;
      },
    },
    () => !isOver,
  );
  if (last === 0)
    throw new BackupError(
      'NOT_FOUND',
      `the log in ${set.target.place} begins after that time: choose a later one`,
    );
  return last;
}

/** Where the log of a restore begins that is to have as much of the past as there is. */
function wholeStart(covers: readonly LogCover[], { snapshot, log }: BackupManifest, wanted: number): number {
  for (const cover of covers) {
    const first = cover.firstSequence;
    if (first > 0 && cover.endFrom(first) >= wanted) return first;
  }
  return Math.min(log.firstSequence, (snapshot?.sequence ?? 0) + 1);
}

function gap(set: BackupSet, manifest: BackupManifest, wanted: number, endSequence: number): BackupError {
  const { place } = set.target;
  if (wanted <= manifest.log.lastSequence) {
    return new BackupError(
      'MISSING',
      `backup ${manifest.id} should reach entry ${wanted}, but ${place} has its log only to entry ${endSequence}: use another backup, or another copy of the target`,
    );
  }
  return new BackupError(
    'NOT_FOUND',
    `entry ${wanted} is not in ${place}: its log goes on to entry ${endSequence} without a gap`,
  );
}

export function objectsOf(manifests: readonly BackupManifest[]): Map<string, ManifestObject> {
  const objects = new Map<string, ManifestObject>();
  for (const { snapshot, log } of manifests) {
    for (const object of log.objects) objects.set(object.name, object);
    if (snapshot !== null) objects.set(snapshot.object.name, snapshot.object);
  }
  return objects;
}

/** Of the history that counts, or of one that was given up, and of what both have in common. */
function hashesOf(
  manifests: readonly BackupManifest[],
  cover: LogCover,
  givenUpLine: number | undefined,
): Map<number, string> {
  const hashes = new Map<number, string>();
  for (const { line, snapshot, log, stateHash } of manifests) {
    const common = givenUpLine === undefined ? cover.limitOf(line) : cover.commonEnd;
    const to = line === givenUpLine ? Number.POSITIVE_INFINITY : common;
    if (log.lastSequence <= to) hashes.set(log.lastSequence, stateHash);
    if (snapshot !== null && snapshot.sequence <= to) hashes.set(snapshot.sequence, snapshot.stateHash);
  }
  return hashes;
}
