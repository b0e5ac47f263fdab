import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FixSchedule, runStartedMs } from './schedule.ts';

const HOUR = 3_600;
const at = (text: string): number => Date.parse(`${text}Z`);

/** When the run of that time began, as text; empty: none. */
function started(schedule: FixSchedule, text: string): string {
  const ms = runStartedMs(schedule, at(text));
  return ms < 0 ? '' : new Date(ms).toISOString().slice(0, 19);
}

test('schedule: every day, also over midnight', () => {
  const day = { startSeconds: 8 * HOUR, endSeconds: 17 * HOUR };
  assert.equal(started(day, '2026-11-26T07:59:59'), '');
  assert.equal(started(day, '2026-11-26T08:00:00'), '2026-11-26T08:00:00');
  assert.equal(started(day, '2026-11-26T16:59:59.999'), '2026-11-26T08:00:00');
  assert.equal(started(day, '2026-11-26T17:00:00'), '');
  const night = { startSeconds: 22 * HOUR, endSeconds: 6 * HOUR };
  assert.equal(started(night, '2026-11-26T21:59:59'), '');
  assert.equal(started(night, '2026-11-26T23:00:00'), '2026-11-26T22:00:00');
  assert.equal(started(night, '2026-11-27T05:59:59'), '2026-11-26T22:00:00');
  assert.equal(started(night, '2026-11-27T06:00:00'), '');
});

test('schedule: all day, begun anew at one time', () => {
  const whole = { startSeconds: 0, endSeconds: 0 };
  assert.equal(started(whole, '2026-11-26T00:00:00'), '2026-11-26T00:00:00');
  assert.equal(started(whole, '2026-11-26T23:59:59'), '2026-11-26T00:00:00');
});

test('schedule: once a week, also over its end', () => {
  // 2026-11-29 is a Sunday.
  const week = { startSeconds: 22 * HOUR, endSeconds: 21 * HOUR, startDay: 0, endDay: 5 };
  assert.equal(started(week, '2026-11-29T21:59:59'), '');
  assert.equal(started(week, '2026-11-29T22:00:00'), '2026-11-29T22:00:00');
  assert.equal(started(week, '2026-12-04T20:59:59'), '2026-11-29T22:00:00');
  assert.equal(started(week, '2026-12-04T21:00:00'), '');
  const over = { startSeconds: 0, endSeconds: 0, startDay: 5, endDay: 1 };
  assert.equal(started(over, '2026-11-29T12:00:00'), '2026-11-27T00:00:00');
  assert.equal(started(over, '2026-11-30T00:00:00'), '');
});
