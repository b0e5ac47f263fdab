import { assert } from './assert.ts';

/*
 * Durations are counted in units of 100 ns: below 64 units each has a bucket of its own, above there are 32 buckets for each power
 * of two, so that a value read back is at most 3.2 % too large.
 */
const UNITS_PER_MS = 10_000;
const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;
const UNITS_MAX = 2 ** 31 - 1;
const MS_MAX = UNITS_MAX / UNITS_PER_MS;

/** Buckets of a histogram. */
export const LATENCY_BUCKETS = (31 - SUB_BITS) * SUB + SUB;
export const LATENCY_HISTOGRAM_BYTES = LATENCY_BUCKETS * Float64Array.BYTES_PER_ELEMENT;

/** The bucket in which a duration is counted; those above 214 s are in the last. */
export function latencyBucket(durationMs: number): number {
  const units = durationMs >= MS_MAX ? UNITS_MAX : (durationMs * UNITS_PER_MS) | 0;
  if (units < SUB) return Math.max(units, 0);
  const shift = 31 - SUB_BITS - Math.clz32(units);
  return (shift << SUB_BITS) + (units >>> shift);
}

/** The largest duration that is counted in a bucket, in microseconds. */
export function bucketEndUs(bucket: number): number {
  const shift = Math.max(0, (bucket >>> SUB_BITS) - 1);
  const units = bucket - (shift << SUB_BITS);
  return ((units + 1) * 2 ** shift - 1) / 10;
}

/** Counts durations in shared memory. One thread counts; any may read, with a LatencyWindow. */
export class LatencyHistogram {
  declare private readonly counts: Float64Array;

  /** @param memory LATENCY_HISTOGRAM_BYTES of it from byte `offset` on */
  constructor(memory: SharedArrayBuffer, offset = 0) {
    this.counts = new Float64Array(memory, offset, LATENCY_BUCKETS);
  }

  /** Counts `times` things that took so long. */
  record(durationMs: number, times: number): void {
    this.counts[latencyBucket(durationMs)] += times;
  }
}

/** Durations of a while. Percentiles are rounded to microseconds; all are 0 where nothing was counted. */
export interface LatencyFigures {
  readonly count: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** Reads what was counted since it was made, or was read last. */
export class LatencyWindow {
  declare private readonly counts: Float64Array;
  declare private readonly seen: Float64Array;
  declare private readonly fresh: Float64Array;

  /** @param memory as of the LatencyHistogram */
  constructor(memory: SharedArrayBuffer, offset = 0) {
    this.counts = new Float64Array(memory, offset, LATENCY_BUCKETS);
    this.seen = this.counts.slice();
    this.fresh = new Float64Array(LATENCY_BUCKETS);
  }

  take(): LatencyFigures {
    const { counts, seen, fresh } = this;
    let count = 0;
    for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
      const now = counts[bucket];
      fresh[bucket] = now - seen[bucket];
      seen[bucket] = now;
      count += fresh[bucket];
    }
    const at = (share: number): number => percentileUs(fresh, count, share);
    return { count, p50Us: at(0.5), p90Us: at(0.9), p99Us: at(0.99), p999Us: at(0.999), maxUs: at(1) };
  }
}

/** The duration that `share` of all do not exceed, to the end of its bucket. */
function percentileUs(counts: Float64Array, count: number, share: number): number {
  assert(share > 0 && share <= 1, 'Condition: a share is more than nothing and at most all');
  if (count === 0) return 0;
  let left = Math.ceil(count * share);
  for (let bucket = 0; bucket < counts.length; bucket++) {
    left -= counts[bucket];
    if (left <= 0) return Math.round(bucketEndUs(bucket));
  }
  return Math.round(bucketEndUs(counts.length - 1));
}

/** A histogram as Prometheus wants it. */
export interface CumulativeCounts {
  /** Durations up to each bound. */
  readonly counts: readonly number[];
  readonly count: number;
  /** Of all durations, in seconds: accurate to the width of the buckets, 3.2 %. */
  readonly sumSeconds: number;
}

/**
 * What a LatencyHistogram has counted, up to each of `boundsSeconds`, which ascend. A duration is counted up to a bound when the
 * end of its bucket is.
 */
export function cumulativeCounts(
  memory: SharedArrayBuffer,
  offset: number,
  boundsSeconds: readonly number[],
): CumulativeCounts {
  const buckets = new Float64Array(memory, offset, LATENCY_BUCKETS);
  const counts: number[] = [];
  let count = 0;
  let sumUs = 0;
  let bucket = 0;
  for (const bound of [...boundsSeconds, Number.POSITIVE_INFINITY]) {
    for (; bucket < LATENCY_BUCKETS && bucketEndUs(bucket) <= bound * 1e6 + 0.05; bucket++) {
      count += buckets[bucket];
      sumUs += buckets[bucket] * bucketEndUs(bucket);
    }
    counts.push(count);
  }
  counts.pop();
  return { counts, count, sumSeconds: sumUs / 1e6 };
}
