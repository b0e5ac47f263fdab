import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RobustScore, SCORE_MAX, SCORE_VALUES_MIN, SCORE_WINDOW } from './robust-score.ts';

test('RobustScore: nothing is unusual before there is enough to compare with', () => {
  const score = new RobustScore();
  for (let i = 0; i < SCORE_VALUES_MIN; i++) assert.equal(score.add(i % 3 === 0 ? 1_000 : i), 0);
  assert.ok(score.add(5) > 0);
});

test('RobustScore: distance from the median in robust deviations, and wild values do not hide the next one', () => {
  const score = new RobustScore();
  // -2 to 2 in turn: median 0, median absolute deviation 1.
  for (let i = 0; i < 100; i++) score.add((i % 5) - 2);
  assert.ok(Math.abs(score.add(100) - 100 / 1.4826) < 0.01);
  assert.ok(score.add(100) > 60);
  assert.ok(score.add(1) < 1);
});

test('RobustScore: of a series that hardly moves any move is unusual, and no score is without end', () => {
  const score = new RobustScore();
  for (let i = 0; i < SCORE_WINDOW; i++) score.add(0);
  assert.equal(score.add(0), 0);
  assert.equal(score.add(1e-9), SCORE_MAX);
  assert.ok(score.add(1) > 50);
});

test('RobustScore: what is older than the window is forgotten', () => {
  const score = new RobustScore();
  for (let i = 0; i < SCORE_WINDOW; i++) score.add(i % 2 === 0 ? 1_000 : -1_000);
  for (let i = 0; i < SCORE_WINDOW; i++) score.add(i % 2 === 0 ? 1 : -1);
  assert.ok(score.add(1_000) > 500);
});
