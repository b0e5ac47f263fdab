import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WallOffset } from './wall-offset.ts';

function assertBounds({ minMs, maxMs }: WallOffset, expectedMinMs: number, expectedMaxMs: number): void {
  assert.ok(Math.abs(minMs - expectedMinMs) < 1e-6, `${minMs} is ${expectedMinMs}`);
  assert.ok(Math.abs(maxMs - expectedMaxMs) < 1e-6, `${maxMs} is ${expectedMaxMs}`);
}

test('measure: a reading bounds the offset to a millisecond and the time that it took', () => {
  const offset = new WallOffset();
  offset.measure(100, 5_000, 100.25);
  assertBounds(offset, 4_899.75, 4_901);
  assert.equal(offset.middleMs, 4_900.375);
});

test('measure: readings that agree narrow the bounds, less what may have drifted; one that does not replaces them', () => {
  const offset = new WallOffset();
  offset.measure(100, 5_000, 100);
  offset.measure(200.75, 5_101, 200.75);
  assertBounds(offset, 4_900.25, 4_901 + 0.010_075);
  offset.measure(300.75, 5_201, 300.75);
  assertBounds(offset, 4_900.25, 4_901 + 0.020_075);
  offset.measure(400.5, 5_300, 400.5);
  assertBounds(offset, 4_900.25 - 0.009_975, 4_900.5);
  offset.measure(500, 5_399, 500);
  assertBounds(offset, 4_899, 4_900);
});

test('nextTurnMs: readings where the millisecond turns halve the bounds, down to what drifts between them', () => {
  for (const driftPpm of [0, 90, -90]) {
    const offset = new WallOffset();
    const trueOffsetMs = (nowMs: number): number => 1_700_000_000.3 + nowMs * driftPpm * 1e-6;
    let nowMs = 0;
    for (let reading = 0; reading < 200; reading++) {
      offset.measure(nowMs, Math.floor(nowMs + trueOffsetMs(nowMs)), nowMs);
      assert.ok(offset.minMs <= trueOffsetMs(nowMs) && trueOffsetMs(nowMs) <= offset.maxMs);
      if (reading > 10) assert.ok(offset.maxMs - offset.minMs < 0.04);
      const nextMs = offset.nextTurnMs(nowMs + 100);
      assert.ok(nextMs >= nowMs + 100 && nextMs < nowMs + 101, 'within a millisecond of what was asked');
      nowMs = nextMs;
    }
  }
});

test('excessMs: the distance from the bounds, 0 within', () => {
  const offset = new WallOffset();
  offset.measure(0, 10, 0);
  assert.deepEqual(
    [9, 10, 10.5, 11, 13].map((ms) => offset.excessMs(ms)),
    [-1, 0, 0, 0, 2],
  );
});
