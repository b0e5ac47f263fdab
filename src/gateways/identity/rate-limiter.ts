import { assert } from '#lib/assert.ts';
import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';

/** A token bucket: `burst` units at once, `perSecond` of them come back each second. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Bounds of a rate: its products with the milliseconds of 28 years are exact. */
export const RATE_PER_SECOND_MAX = 10_000;
export const RATE_BURST_MAX = 1_000_000;

/** What a limiter says of one request: values for headers. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Units of a full bucket. */
  readonly limit: number;
  /** Units that are left. */
  readonly remaining: number;
  /** Milliseconds until the bucket is full again. */
  readonly resetMs: number;
  /** Milliseconds until this request would be allowed; 0 when it is. */
  readonly retryAfterMs: number;
}

const BUCKETS_MAX = 65_536;
const MS_PER_SECOND = 1_000;

/**
 * Token buckets by a key, in a bounded table. A bucket is one number: the moment at which it will be full (the generic
 * cell rate algorithm of ATM Forum TM 4.1), in units of 1 / `perSecond` milliseconds, so that every sum is exact. A full bucket
 * needs no place; when there is no place for another, requests of new keys are refused until the oldest is full.
 */
export class RateLimiter<Key> {
  declare private readonly rate: Rate;
  declare private readonly bucketsMax: number;
  declare private readonly clock: AccessClock;
  /** When each bucket will be full; least recently used first. */
  declare private readonly fullAt: Map<Key, number>;

  constructor(rate: Rate, clock: AccessClock = SYSTEM_CLOCK, bucketsMax = BUCKETS_MAX) {
    const { perSecond, burst } = rate;
    assert(perSecond >= 1 && perSecond <= RATE_PER_SECOND_MAX, 'Condition: the rate is within its bounds');
    assert(burst >= 1 && burst <= RATE_BURST_MAX, 'Condition: the burst is within its bounds');
    this.rate = rate;
    this.bucketsMax = bucketsMax;
    this.clock = clock;
    this.fullAt = new Map();
  }

  /** Takes `weight` units if they are there; none otherwise. A weight above the burst counts as the whole bucket. */
  take(key: Key, weight = 1): RateDecision {
    const now = this.#now();
    const units = Math.min(weight, this.rate.burst);
    const standing = this.fullAt.get(key);
    if (standing === undefined && !this.#makeRoom(now)) {
      const [oldest] = this.fullAt.values();
      return this.#decision(false, now, now + this.rate.burst * MS_PER_SECOND, oldest);
    }
    const next = Math.max(standing ?? now, now) + units * MS_PER_SECOND;
    const latest = now + this.rate.burst * MS_PER_SECOND;
    if (next > latest) return this.#decision(false, now, standing ?? now, now + next - latest);
    this.fullAt.delete(key);
    this.fullAt.set(key, next);
    return this.#decision(true, now, next, now);
  }

  /** What `take` would say of `weight` units, without taking them. */
  peek(key: Key, weight = 1): RateDecision {
    const now = this.#now();
    const standing = Math.max(this.fullAt.get(key) ?? now, now);
    const next = standing + Math.min(weight, this.rate.burst) * MS_PER_SECOND;
    const latest = now + this.rate.burst * MS_PER_SECOND;
    return this.#decision(next <= latest, now, standing, Math.max(now, now + next - latest));
  }

  #now(): number {
    return Math.floor(this.clock.monotonicMs()) * this.rate.perSecond;
  }

  #makeRoom(now: number): boolean {
    if (this.fullAt.size < this.bucketsMax) return true;
    for (const [oldest, fullAt] of this.fullAt) {
      if (fullAt > now) return false;
      this.fullAt.delete(oldest);
      return true;
    }
    return false;
  }

  #decision(allowed: boolean, now: number, fullAt: number, allowedAt: number): RateDecision {
    const { perSecond, burst } = this.rate;
    const owed = Math.max(0, fullAt - now);
    return {
      allowed,
      limit: burst,
      remaining: Math.floor((burst * MS_PER_SECOND - owed) / MS_PER_SECOND),
      resetMs: Math.ceil(owed / perSecond),
      retryAfterMs: allowed ? 0 : Math.ceil((allowedAt - now) / perSecond),
    };
  }
}
