const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 7 * DAY_SECONDS;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/**
 * When a session runs, in UTC: every day, or with `startDay` and `endDay` once a week. At its start the numbers begin at
 * 1. An end at or before the start is on the next day, or in the next week.
 */
export interface FixSchedule {
  /** Seconds since midnight. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** 0: Sunday … 6: Saturday. Both or neither. */
  readonly startDay?: number;
  readonly endDay?: number;
}

/** When the run began that `nowMs` lies in, ms since the Unix epoch; -1 when it lies in none. */
export function runStartedMs(schedule: FixSchedule, nowMs: number): number {
  const { startSeconds, endSeconds, startDay, endDay } = schedule;
  const weekly = startDay !== undefined && endDay !== undefined;
  const periodSeconds = weekly ? WEEK_SECONDS : DAY_SECONDS;
  const start = startSeconds + (weekly ? startDay * DAY_SECONDS : 0);
  const end = endSeconds + (weekly ? endDay * DAY_SECONDS : 0);
  const lengthSeconds = end > start ? end - start : end - start + periodSeconds;
  const nowSeconds = Math.floor(nowMs / 1_000) + (weekly ? EPOCH_WEEKDAY * DAY_SECONDS : 0);
  const sinceStart = (((nowSeconds - start) % periodSeconds) + periodSeconds) % periodSeconds;
  if (sinceStart >= lengthSeconds) return -1;
  return (Math.floor(nowMs / 1_000) - sinceStart) * 1_000;
}
