import { hash, randomBytes } from 'node:crypto';
import { type AccessClock, SYSTEM_CLOCK } from './access-clock.ts';
import { AccessRefusal } from './access-refusal.ts';
import { addressKey } from './address.ts';

/** How fast one user, or one address, may be wrong. */
export interface FailureLimits {
  /** Failures without a wait. */
  readonly freeMax: number;
  /** Wait after the first failure that is not free; each further one doubles it. */
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
}

/** A name is not blocked for long: whoever knows it can be wrong in its place. */
export const USER_FAILURE_LIMITS: FailureLimits = { freeMax: 5, firstDelayMs: 1_000, delayMsMax: 60_000 };
export const ADDRESS_FAILURE_LIMITS: FailureLimits = {
  freeMax: 20,
  firstDelayMs: 1_000,
  delayMsMax: 900_000,
};

/** Failures are forgotten after this time without another. */
export const FAILURES_FORGOTTEN_MS = 3_600_000;
/** Places of each table. Names that share one share their failures; which do, nobody outside can know. */
const PLACES = 65_536;
const FAILURES_MAX = 0xffff;

/** Failures by a text, in a table of fixed size: it is never full and forgets nobody to make room. */
class FailureTable {
  declare private readonly limits: FailureLimits;
  declare private readonly clock: AccessClock;
  declare private readonly seed: string;
  declare private readonly failures: Uint16Array;
  declare private readonly lastMs: Float64Array;

  constructor(limits: FailureLimits, clock: AccessClock, places: number) {
    this.limits = limits;
    this.clock = clock;
    this.seed = randomBytes(16).toString('hex');
    this.failures = new Uint16Array(places);
    this.lastMs = new Float64Array(places);
  }

  /** Milliseconds until the next attempt is looked at; 0: now. */
  waitMs(text: string): number {
    const place = this.#place(text);
    const { freeMax, firstDelayMs, delayMsMax } = this.limits;
    const beyond = this.failures[place] - freeMax;
    if (beyond < 0) return 0;
    const delayMs = Math.min(delayMsMax, firstDelayMs * 2 ** beyond);
    return Math.max(0, Math.ceil(this.lastMs[place] + delayMs - this.clock.monotonicMs()));
  }

  failed(text: string): void {
    const place = this.#place(text);
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lastMs[place] > FAILURES_FORGOTTEN_MS) this.failures[place] = 0;
    if (this.failures[place] < FAILURES_MAX) this.failures[place]++;
    this.lastMs[place] = nowMs;
  }

  forget(text: string): void {
    this.failures[this.#place(text)] = 0;
  }

  #place(text: string): number {
    const digest = hash('sha256', this.seed + text, 'buffer');
    return digest.readUInt32LE(0) % this.failures.length;
  }
}

export interface FailedLoginOptions {
  readonly user?: FailureLimits;
  readonly address?: FailureLimits;
  /** Places of each table. */
  readonly places?: number;
  readonly clock?: AccessClock;
}

/**
 * Slows down whoever tries passwords: failures count for the name, whether it exists or not, and for the address. While
 * either has to wait, an attempt is refused without a look at the password.
 */
export class FailedLogins {
  declare private readonly users: FailureTable;
  declare private readonly addresses: FailureTable;

  constructor(options: FailedLoginOptions = {}) {
    const { user = USER_FAILURE_LIMITS, address = ADDRESS_FAILURE_LIMITS } = options;
    const { clock = SYSTEM_CLOCK, places = PLACES } = options;
    this.users = new FailureTable(user, clock, places);
    this.addresses = new FailureTable(address, clock, places);
  }

  /** Asked before a password is looked at: TOO_MANY_FAILURES with the time to wait, or undefined. */
  refusal(name: string, address: string | undefined): AccessRefusal | undefined {
    const waitMs = Math.max(
      this.users.waitMs(name.toUpperCase()),
      this.addresses.waitMs(addressKey(address)),
    );
    return waitMs === 0 ? undefined : new AccessRefusal('TOO_MANY_FAILURES', waitMs);
  }

  failed(name: string, address: string | undefined): void {
    this.users.failed(name.toUpperCase());
    this.addresses.failed(addressKey(address));
  }

  /** Clears the name. The address keeps its failures: one right password does not excuse guessing others. */
  succeeded(name: string): void {
    this.users.forget(name.toUpperCase());
  }
}
