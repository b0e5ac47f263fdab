import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import type { FileLog } from './file-log.ts';
import { LogFixture, readAll } from './log-fixture.ts';
import { PowerCutDisk, PowerCutError } from './power-cut-disk.ts';

const firstSeed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
console.log(`power-cut.test.ts: SEED=${firstSeed}`);

const ROUNDS = 12;

/** What is wrong with the disk in a run: nothing, every write, or only those of the recovery. */
type Lies = 'never' | 'always' | 'in recovery';

/**
 * A random life: commits, truncations, cuts of the power and kills at random calls, in recovery too. After every
 * restart the log must hold what was ever delivered or read, byte for byte; beyond that at most a beginning
 * of the commit that was under way.
 * @returns what was violated, or an empty string
 */
function violation(seed: number, lies: Lies): string {
  const random = seededRandom(seed);
  const disk = new PowerCutDisk({ random });
  const fixture = new LogFixture(disk);
  const known = fixture.delivered.entries;
  let truncatedTo = 1;
  let log = fixture.create();
  disk.acknowledgesBeforeSync = lies === 'always';

  for (let round = 0; round < ROUNDS; round++) {
    disk.killsOnly = random() < 0.4;
    disk.callsUntilCut = 1 + Math.floor(random() * 40);
    truncatedTo = Math.max(truncatedTo, liveUntilCut(fixture, log, disk, random));
    for (;;) {
      disk.restart();
      disk.killsOnly = random() < 0.4;
      if (random() < 0.3) disk.callsUntilCut = 1 + Math.floor(random() * 4);
      disk.acknowledgesBeforeSync = lies !== 'never';
      try {
        log = fixture.open();
      } catch (error) {
        if (isCut(error)) continue;
        return `round ${round}: does not open: ${error}`;
      }
      disk.acknowledgesBeforeSync = lies === 'always';
      break;
    }
    const stored = readAll(log);
    if (log.firstSequence > truncatedTo)
      return `round ${round}: begins with ${log.firstSequence}, not ${truncatedTo}`;
    const extra = stored.slice(known.length - log.firstSequence + 1);
    const before = known.slice(log.firstSequence - 1);
    if (before.some((entry, i) => entry !== stored[i])) {
      return `round ${round}: ${before.length} acknowledged entries, ${stored.length} stored; the first difference is at ${
        before.findIndex((entry, i) => entry !== stored[i]) + log.firstSequence
      }`;
    }
    if (extra.some((entry, i) => entry !== fixture.appended[known.length + i])) {
      return `round ${round}: an entry that nobody appended: ${extra.join()}`;
    }
    // Whoever reads them acts on them: from here on they must stay.
    known.push(...extra);
    fixture.appended.length = known.length;
  }
  return '';
}

const isCut = (error: unknown): boolean =>
  error instanceof PowerCutError || (error instanceof Error && error.cause instanceof PowerCutError);

/** Uses the log until the cut; returns the greatest sequence that it was truncated to. */
function liveUntilCut(fixture: LogFixture, log: FileLog, disk: PowerCutDisk, random: () => number): number {
  let truncatedTo = 1;
  try {
    for (;;) {
      if (random() < 0.05 && log.lastSequence > 0) {
        truncatedTo = Math.max(truncatedTo, 1 + Math.floor(random() * log.lastSequence));
        log.truncate(truncatedTo);
      }
      const entries = 1 + Math.floor(random() * 3);
      fixture.commit(log, ...Array.from({ length: entries }, () => 1 + Math.floor(random() ** 3 * 240)));
      disk.runBackground(Math.floor(random() * 3));
    }
  } catch (error) {
    if (!isCut(error)) throw error;
  }
  return truncatedTo;
}

const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i);

test('power cuts and kills at random calls: every acknowledged entry is there, byte for byte', () => {
  for (const seed of seedsFrom(firstSeed, 300)) assert.equal(violation(seed, 'never'), '', `SEED=${seed}`);
});

test('the same check notices a disk that acknowledges before it syncs', () => {
  const caught = seedsFrom(firstSeed, 40).filter((seed) => violation(seed, 'always') !== '');
  assert.ok(caught.length >= 30, `${caught.length} of 40 caught`);
});

test('the same check notices a recovery whose repairs are not durable', () => {
  const caught = seedsFrom(firstSeed, 200).filter((seed) => violation(seed, 'in recovery') !== '');
  assert.ok(caught.length >= 5, `${caught.length} of 200 caught`);
});
