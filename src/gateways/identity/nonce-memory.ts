import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';
import { AccessRefusal } from './access-refusal.ts';

/** Nonces of one key that are remembered at a time, and of all together: about 150 bytes each. */
export const NONCES_PER_KEY_MAX = 32_768;
export const NONCES_MAX = 262_144;

/**
 * The nonces that keys have used, each for as long as a request with it could be in its window. It forgets none before: while it
 * is full, signed requests are refused.
 */
export class NonceMemory {
  declare private readonly keepMs: number;
  declare private readonly perKeyMax: number;
  declare private readonly totalMax: number;
  declare private readonly clock: AccessClock;
  /** When each may be forgotten, by key and nonce. All are kept equally long, so that the first is the oldest. */
  declare private readonly forgetAtMs: Map<string, number>;
  declare private readonly countOfKey: Map<number, number>;

  /** @param keepMs the longest window, what it lies in the future included */
  constructor(
    keepMs: number,
    clock: AccessClock = SYSTEM_CLOCK,
    perKeyMax = NONCES_PER_KEY_MAX,
    totalMax = NONCES_MAX,
  ) {
    this.keepMs = keepMs;
    this.perKeyMax = perKeyMax;
    this.totalMax = totalMax;
    this.clock = clock;
    this.forgetAtMs = new Map();
    this.countOfKey = new Map();
  }

  /** Remembers the nonce of a request that is proven: REPLAYED, TOO_MANY_NONCES, or undefined. */
  use(keyId: number, nonce: string): AccessRefusal | undefined {
    const nowMs = this.clock.monotonicMs();
    this.#forget(nowMs);
    const entry = `${keyId} ${nonce}`;
    if (this.forgetAtMs.has(entry)) return new AccessRefusal('REPLAYED');
    const count = this.countOfKey.get(keyId) ?? 0;
    if (count >= this.perKeyMax || this.forgetAtMs.size >= this.totalMax) {
      return new AccessRefusal('TOO_MANY_NONCES', this.#waitMs(nowMs));
    }
    this.countOfKey.set(keyId, count + 1);
    this.forgetAtMs.set(entry, nowMs + this.keepMs);
    return undefined;
  }

  #forget(nowMs: number): void {
    for (const [entry, forgetAtMs] of this.forgetAtMs) {
      if (forgetAtMs > nowMs) return;
      this.forgetAtMs.delete(entry);
      const keyId = Number.parseInt(entry, 10);
      const count = this.countOfKey.get(keyId) ?? 0;
      if (count > 1) this.countOfKey.set(keyId, count - 1);
      else this.countOfKey.delete(keyId);
    }
  }

  /** Until the oldest of all is forgotten: at the earliest then there is room. */
  #waitMs(nowMs: number): number {
    const [oldestMs] = this.forgetAtMs.values();
    return Math.max(1, Math.ceil(oldestMs - nowMs));
  }
}
