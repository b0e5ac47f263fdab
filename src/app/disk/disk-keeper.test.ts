import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { DiskKeeper } from './disk-keeper.ts';
import { type DataPaths, type DiskUsage, dataPaths } from './disk-usage.ts';

const MIB = 2 ** 20;
/** Every measurement is due, and so is every truncation. */
const LATER_MS = 1e9;

interface Kept {
  readonly keeper: DiskKeeper;
  readonly board: StatusBoard;
  readonly paths: DataPaths;
  readonly usages: DiskUsage[];
  readonly truncations: number[];
  readonly lines: string[];
  segment(firstSequence: number): void;
  snapshot(sequence: number): void;
}

/** A keeper of an empty data directory. */
function keep(limits: { keepLogBytes?: number; warnFreeBelowBytes?: number }): Kept {
  const dataDirectory = temporaryDirectory('disk');
  const paths = dataPaths(dataDirectory);
  mkdirSync(paths.logDirectory);
  mkdirSync(paths.snapshotDirectory);
  const board = new StatusBoard(boardMemory());
  board.backedUpSequence = Number.POSITIVE_INFINITY;
  const [usages, truncations, lines]: [DiskUsage[], number[], string[]] = [[], [], []];
  const { keepLogBytes, warnFreeBelowBytes } = limits;
  const keeper = new DiskKeeper({
    paths,
    board,
    keepLogBytes,
    warnFreeBelowBytes,
    onUsage: (usage) => usages.push(usage),
    onTruncate: (beforeSequence) => truncations.push(beforeSequence),
    logger: { info: () => {}, warn: (_, message) => lines.push(message) },
  });
  const named = (sequence: number): string => String(sequence).padStart(16, '0');
  return {
    ...{ keeper, board, paths, usages, truncations, lines },
    segment: (first) =>
      writeFileSync(join(paths.logDirectory, `${named(first)}.segment`), Buffer.alloc(MIB, 1)),
    snapshot: (sequence) =>
      writeFileSync(join(paths.snapshotDirectory, `snapshot-${named(sequence)}.hms`), ''),
  };
}

/** Steps as often as there can be something to do. */
function run(keeper: DiskKeeper): void {
  for (let step = 1; step <= 10; step++) keeper.step(step * LATER_MS);
}

/** The truncations with segments that begin with 1, 11, 21, 31, and these snapshots, of which `newest` is known good. */
function truncationsWith(
  keepLogBytes: number | undefined,
  snapshots: readonly number[],
  newest: number,
): number[] {
  const kept = keep(keepLogBytes === undefined ? {} : { keepLogBytes });
  for (const first of [1, 11, 21, 31]) kept.segment(first);
  for (const sequence of snapshots) kept.snapshot(sequence);
  kept.board.snapshotSequence = newest;
  kept.keeper.planTruncation();
  run(kept.keeper);
  assert.deepEqual(kept.lines, []);
  return kept.truncations;
}

test('DiskKeeper: asks for one segment after the other, as far as the limit and every snapshot allow', () => {
  assert.deepEqual(truncationsWith(0, [35], 35), [11, 21, 31]);
  assert.deepEqual(truncationsWith(0, [35, 22], 35), [11, 21]);
  assert.deepEqual(truncationsWith(1, [35], 35), [11, 21]);
  assert.deepEqual(truncationsWith(MIB, [35], 35), [11, 21]);
  assert.deepEqual(truncationsWith(2 * MIB, [35], 35), [11]);
  assert.deepEqual(truncationsWith(3 * MIB, [35], 35), []);
});

test('DiskKeeper: keeps everything without a limit, and without a snapshot that is known to be good', () => {
  assert.deepEqual(truncationsWith(undefined, [35], 35), []);
  assert.deepEqual(truncationsWith(0, [], 0), []);
  assert.deepEqual(truncationsWith(0, [], 35), [], 'it was moved away');
  assert.deepEqual(truncationsWith(0, [50, 60], 35), [], 'only others are there');
  assert.deepEqual(truncationsWith(0, [50, 35], 35), [11, 21, 31], 'one from later, which is not known');
});

test('DiskKeeper: pauses between two truncations, and asks for none once the two cores differ', () => {
  const kept = keep({ keepLogBytes: 0 });
  for (const first of [1, 11, 21, 31]) kept.segment(first);
  kept.snapshot(35);
  kept.board.snapshotSequence = 35;
  kept.keeper.planTruncation();
  kept.keeper.step(1_000);
  kept.keeper.step(1_001);
  assert.deepEqual(kept.truncations, [11]);
  kept.keeper.step(1_100);
  assert.deepEqual(kept.truncations, [11, 21]);
  kept.board.divergedSequence = 36;
  run(kept.keeper);
  kept.keeper.planTruncation();
  run(kept.keeper);
  assert.deepEqual(kept.truncations, [11, 21]);
});

test('DiskKeeper: a log that cannot be looked at stays, and the next plan tries again', () => {
  const kept = keep({ keepLogBytes: 0 });
  kept.snapshot(35);
  kept.board.snapshotSequence = 35;
  const hidden = `${kept.paths.logDirectory}-hidden`;
  renameSync(kept.paths.logDirectory, hidden);
  kept.keeper.planTruncation();
  assert.equal(kept.lines.length, 1);
  assert.match(kept.lines[0], /^old log stays for now: .*the log has no segment: its files are missing/);
  renameSync(hidden, kept.paths.logDirectory);
  for (const first of [1, 11]) kept.segment(first);
  kept.keeper.planTruncation();
  run(kept.keeper);
  assert.deepEqual(kept.truncations, [11]);
});

test('DiskKeeper: measures what each kind of file takes, holes not counted, and what is free', () => {
  const kept = keep({});
  kept.segment(1);
  kept.segment(11);
  kept.snapshot(5);
  mkdirSync(kept.paths.reportDirectory);
  const sparse = join(kept.paths.reportDirectory, '0000000001.reports');
  writeFileSync(sparse, '');
  truncateSync(sparse, 1e9);
  kept.keeper.step(0);
  const [usage] = kept.usages;
  assert.ok(usage.logBytes >= 2 * MIB && usage.logBytes < 3 * MIB, `${usage.logBytes}`);
  assert.deepEqual([usage.snapshotBytes, usage.marketDataBytes], [0, 0]);
  assert.ok(usage.reportBytes < MIB, `${usage.reportBytes}`);
  const { bsize, blocks } = statfsSync(kept.paths.dataDirectory);
  assert.equal(usage.volumeBytes, bsize * blocks);
  assert.equal(usage.warnFreeBelowBytes, Math.round(usage.volumeBytes / 10));
  assert.ok(usage.freeBytes > 0 && usage.freeBytes < usage.volumeBytes);

  kept.keeper.step(4_000);
  assert.equal(kept.usages.length, 1, 'not yet due');
  kept.keeper.step(LATER_MS);
  assert.equal(kept.usages.length, 2);
});

test('DiskKeeper: warns when less is free than configured', () => {
  const kept = keep({ warnFreeBelowBytes: Number.MAX_SAFE_INTEGER });
  run(kept.keeper);
  assert.equal(kept.lines.length, 1);
  assert.ok(
    kept.lines[0].includes(`are free on the volume of ${kept.paths.dataDirectory}, less than 9007 TB`),
  );
  assert.equal(kept.usages[0].warnFreeBelowBytes, Number.MAX_SAFE_INTEGER);
});

test('DiskKeeper: says once that it cannot measure, and goes on', () => {
  const kept = keep({});
  rmSync(kept.paths.dataDirectory, { recursive: true });
  run(kept.keeper);
  assert.deepEqual(kept.usages, []);
  assert.equal(kept.lines.length, 1);
  assert.match(kept.lines[0], /^free space cannot be watched: ENOENT.*Check the data directory/);
  mkdirSync(kept.paths.dataDirectory);
  kept.keeper.step(100 * LATER_MS);
  assert.equal(kept.usages.length, 1);
});
