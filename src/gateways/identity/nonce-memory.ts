import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';
import { AccessRefusal } from './access-refusal.ts';
import type { ApiKey } from './user-directory.ts';

/** Nonces that are remembered at a time: about 150 bytes each. No user can fill what is there for all. */
export const NonceLimits = {
  PER_KEY_MAX: 32_768,
  PER_USER_MAX: 65_536,
  MAX: 262_144,
} as const;
export type NonceLimits = { readonly [Name in keyof typeof NonceLimits]: number };

/** A nonce that was used, and until when it is kept. */
interface UsedNonce {
  readonly keyId: number;
  readonly userId: number;
  /** By the monotonic clock, and by the wall clock: windows go by that, and it may have been set back. */
  readonly forgetAtMs: number;
  readonly forgetAtWallMs: number;
}

/**
 * The nonces that keys have used, each for as long as a request with it could be in its window. It forgets none before: while it
 * is full, for a key, a user or all, signed requests are refused.
 */
export class NonceMemory {
  declare private readonly keepMs: number;
  declare private readonly limits: NonceLimits;
  declare private readonly clock: AccessClock;
  /** By key and nonce. All are kept equally long, so that the first is the oldest. */
  declare private readonly used: Map<string, UsedNonce>;
  declare private readonly countOfKey: Map<number, number>;
  declare private readonly countOfUser: Map<number, number>;

  /** @param keepMs longer than the longest window, what it lies in the future included */
  constructor(keepMs: number, clock: AccessClock = SYSTEM_CLOCK, limits: NonceLimits = NonceLimits) {
    this.keepMs = keepMs;
    this.limits = limits;
    this.clock = clock;
    this.used = new Map();
    this.countOfKey = new Map();
    this.countOfUser = new Map();
  }

  /** Whether the key has used the nonce. */
  has({ keyId }: ApiKey, nonce: string): boolean {
    this.#forget();
    return this.used.has(entryOf(keyId, nonce));
  }

  /** Remembers the nonce of a request that is proven, and was not used before: TOO_MANY_NONCES, or undefined. */
  keep({ keyId, user: { userId } }: ApiKey, nonce: string): AccessRefusal | undefined {
    const nowMs = this.clock.monotonicMs();
    const { PER_KEY_MAX, PER_USER_MAX, MAX } = this.limits;
    const ofKey = this.countOfKey.get(keyId) ?? 0;
    const ofUser = this.countOfUser.get(userId) ?? 0;
    if (ofKey >= PER_KEY_MAX || ofUser >= PER_USER_MAX || this.used.size >= MAX) {
      return new AccessRefusal('TOO_MANY_NONCES', this.#waitMs(nowMs));
    }
    this.countOfKey.set(keyId, ofKey + 1);
    this.countOfUser.set(userId, ofUser + 1);
    const forgetAtMs = nowMs + this.keepMs;
    const forgetAtWallMs = this.clock.wallMs() + this.keepMs;
    this.used.set(entryOf(keyId, nonce), { keyId, userId, forgetAtMs, forgetAtWallMs });
    return undefined;
  }

  #forget(): void {
    const [nowMs, wallMs] = [this.clock.monotonicMs(), this.clock.wallMs()];
    for (const [entry, nonce] of this.used) {
      if (nonce.forgetAtMs > nowMs) return;
      this.used.delete(entry);
      // The clock was set back: kept for another round behind all others, so that they wait for none that is kept for long.
      if (nonce.forgetAtWallMs > wallMs) {
        this.used.set(entry, { ...nonce, forgetAtMs: nowMs + this.keepMs });
        continue;
      }
      const { keyId, userId } = nonce;
      countDown(this.countOfKey, keyId);
      countDown(this.countOfUser, userId);
    }
  }

  /** Until the oldest of all is forgotten: at the earliest then there is room. */
  #waitMs(nowMs: number): number {
    const [{ forgetAtMs }] = this.used.values();
    return Math.max(1, Math.ceil(forgetAtMs - nowMs));
  }
}

function entryOf(keyId: number, nonce: string): string {
  return `${keyId} ${nonce}`;
}

function countDown(counts: Map<number, number>, id: number): void {
  const count = counts.get(id) ?? 0;
  if (count > 1) counts.set(id, count - 1);
  else counts.delete(id);
}
