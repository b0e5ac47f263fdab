import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShortTurns, TURN_MS } from './short-turns.ts';

test('rest: sleeps when a turn is over, and the next turn begins after the sleep', () => {
  let nowMs = 5;
  let sleeps = 0;
  const turns = new ShortTurns(
    () => nowMs,
    (ms) => {
      sleeps++;
      nowMs += ms + 1;
    },
  );
  turns.rest();
  nowMs += TURN_MS / 2;
  turns.rest();
  assert.equal(sleeps, 0);
  nowMs += TURN_MS / 2 + 1e-6;
  turns.rest();
  assert.equal(sleeps, 1);
  turns.rest();
  assert.equal(sleeps, 1);
  nowMs += TURN_MS + 1e-6;
  turns.rest();
  assert.equal(sleeps, 2);
});

test('rest: the real one ends', () => {
  const turns = new ShortTurns();
  const endMs = performance.now() + 5;
  while (performance.now() < endMs) turns.rest();
});
