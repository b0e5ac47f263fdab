import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness, SILENCE_MS_MAX } from './liveness.ts';

test('Liveness: alive before the first beat and while it beats; stuck once it has been silent for long; alive again', () => {
  const vitals = { beats: 0 };
  const liveness = new Liveness(vitals);
  assert.equal(liveness.isAlive(60_000), true);
  vitals.beats = 1;
  assert.equal(liveness.isAlive(60_000), true);
  assert.equal(liveness.isAlive(60_000 + SILENCE_MS_MAX - 1), true);
  assert.equal(liveness.isAlive(60_000 + SILENCE_MS_MAX), false);
  vitals.beats = 2;
  assert.equal(liveness.isAlive(60_001 + SILENCE_MS_MAX), true);
});
