import assert from 'node:assert/strict';
import { test } from 'node:test';
import { truncationSequences } from './retention.ts';
import type { SegmentFile } from './scan.ts';

type Sized = SegmentFile & { readonly bytes: number };

/** Segments of 100 bytes that begin with these entries. */
const segmentsAt = (...firstSequences: number[]): Sized[] =>
  firstSequences.map((firstSequence) => ({ path: `${firstSequence}`, firstSequence, bytes: 100 }));

const truncations = (
  segments: readonly Sized[],
  newestSnapshotSequence: number,
  oldestSnapshotSequence: number,
  keepBytes: number,
  backedUpSequence: number = Number.POSITIVE_INFINITY,
): number[] =>
  truncationSequences(segments, {
    newestSnapshotSequence,
    oldestSnapshotSequence,
    backedUpSequence,
    keepBytes,
  });

test('truncationSequences: one for each segment that lies wholly behind the snapshot, the oldest first', () => {
  const segments = segmentsAt(1, 11, 21, 31);
  assert.deepEqual(truncations(segments, 9, 9, 0), []);
  assert.deepEqual(truncations(segments, 10, 10, 0), [11]);
  assert.deepEqual(truncations(segments, 29, 29, 0), [11, 21]);
  assert.deepEqual(truncations(segments, 1_000, 1_000, 0), [11, 21, 31]);
  assert.deepEqual(truncations(segments.slice(0, 1), 1_000, 1_000, 0), []);
  assert.deepEqual(truncations([], 1_000, 1_000, 0), []);
});

test('truncationSequences: the oldest snapshot that is kept keeps what a start from it needs', () => {
  const segments = segmentsAt(1, 11, 21, 31);
  assert.deepEqual(truncations(segments, 35, 9, 0), []);
  assert.deepEqual(truncations(segments, 35, 10, 0), [11]);
  assert.deepEqual(truncations(segments, 35, 20, 0), [11, 21]);
});

test('truncationSequences: at least the bytes to keep stay behind the newest snapshot, in whole segments', () => {
  const segments = segmentsAt(1, 11, 21, 31, 41);
  // Behind the snapshot of entry 35 lie the segments from 1, 11 and 21.
  assert.deepEqual(truncations(segments, 35, 35, 1), [11, 21]);
  assert.deepEqual(truncations(segments, 35, 35, 100), [11, 21]);
  assert.deepEqual(truncations(segments, 35, 35, 101), [11]);
  assert.deepEqual(truncations(segments, 35, 35, 200), [11]);
  assert.deepEqual(truncations(segments, 35, 35, 300), []);
  assert.deepEqual(truncations(segments, 35, 35, Number.MAX_SAFE_INTEGER), []);
});

test('truncationSequences: what a continuous backup does not have yet stays', () => {
  const segments = segmentsAt(1, 11, 21, 31);
  assert.deepEqual(truncations(segments, 35, 35, 0, 0), []);
  assert.deepEqual(truncations(segments, 35, 35, 0, 19), [11]);
  assert.deepEqual(truncations(segments, 35, 35, 0, 20), [11, 21]);
});
