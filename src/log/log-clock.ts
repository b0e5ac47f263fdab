import { uptime } from 'node:os';
import type { Clock } from '#domain/ports.ts';
import { WallOffset } from './wall-offset.ts';

const SECOND_MS = 1_000;
const MILLISECOND_NANOS = 1_000_000;
/** How often the wall clock is looked at, at most. */
const COMPARE_INTERVAL_MS = 100;
/** What log time gains or loses on the monotonic clock while it is brought to the wall clock: half of what passes. */
const SLEW_RATE = 0.5;

/** A difference beyond this is a jump. A leap second, and the reading's fraction of a millisecond, are not. */
export const CLOCK_JUMP_MS = 1_500;

/** The wall clock is followed once it has stayed for as long as its jump is where it jumped to, or for this: ntpd's "stepout threshold". */
const CLOCK_HOLD_MS_MAX = 300_000;

/** How long the wall clock must stay where log time is `aheadMs` ahead of it, or negative behind, until it is followed. */
export function clockHoldMs(aheadMs: number): number {
  return Math.min(Math.abs(aheadMs), CLOCK_HOLD_MS_MAX);
}

/** What happens to a log's clock that people should know. */
export const ClockEvent = {
  /** The log's last entry is later than the wall clock by more than a jump: log time runs at half speed. */
  StartedAhead: 1,
  /** The wall clock jumped and is not followed yet. */
  JumpHeld: 2,
  /** It is back before it was followed: log time was never changed. */
  JumpGone: 3,
  /** It stayed ahead: log time was set forward to it. */
  SetForward: 4,
  /** It stayed behind: log time runs at half speed until it is caught up. */
  SlowedDown: 5,
  /** The wall clock has caught up with log time. */
  CaughtUp: 6,
  /** The machine was suspended: log time was set forward by as much. */
  Resumed: 7,
} as const;
export type ClockEvent = (typeof ClockEvent)[keyof typeof ClockEvent];

/** Gets each event and by how many milliseconds log time was ahead of the wall clock then; negative behind. It must not read the clock. */
export type ClockListener = (event: ClockEvent, aheadMs: number) => void;

/** The machine's clocks, in milliseconds; replaced in tests. */
export interface ClockSources {
  /** Never goes back; with fractions. It may stand still while the machine is suspended. */
  readonly monotonicMs: () => number;
  /** Since the Unix epoch, whole; may be set. */
  readonly wallMs: () => number;
  /** As the monotonic clock, from another origin, and it runs on while the machine is suspended. To about 10 ms. */
  readonly bootMs: () => number;
  /** The wall clock's time at which `monotonicMs` was 0, with fractions. */
  readonly originMs: number;
}

const machineClocks: ClockSources = {
  monotonicMs: () => performance.now(),
  wallMs: Date.now,
  bootMs: () => uptime() * SECOND_MS,
  originMs: performance.timeOrigin,
};

const Mode = { Following: 0, Holding: 1, CatchingUp: 2 } as const;
type Mode = (typeof Mode)[keyof typeof Mode];

/**
 * The log's time: runs with the monotonic clock, follows the wall clock, never goes back and never stands still
 * (docs/adr/0010-log-clock.md). A read is one reading of the monotonic clock, and allocates only what that does.
 *
 * - A difference of up to CLOCK_JUMP_MS is slewed away: log time runs at half or one and a half times the speed, for twice
 *   as long as the difference. Within what can be measured, normally microseconds, it is left alone.
 * - A larger one is a jump, either way: log time goes on with the monotonic clock until the wall clock has stayed there as
 *   long as the jump is, at most CLOCK_HOLD_MS_MAX. Then it is set forward, or runs at half speed until the wall clock has
 *   caught up.
 * - Time that the machine was suspended for has passed: log time is set forward at once.
 */
export class LogClock implements Clock {
  declare seconds: number;
  declare nanos: number;
  /** Jumps of the wall clock since the start, in either direction. */
  declare jumps: number;
  declare private readonly monotonicMs: () => number;
  declare private readonly wallMs: () => number;
  declare private readonly bootMs: () => number;
  declare private readonly listener: ClockListener;
  /** Milliseconds here count from this second of the Unix epoch: small numbers keep their nanoseconds. */
  declare private readonly baseSeconds: number;
  declare private readonly wall: WallOffset;
  declare private dueMs: number;
  /** Log time was `anchorTimeMs` when the monotonic clock was `anchorMs`. */
  declare private anchorMs: number;
  declare private anchorTimeMs: number;
  /** What log time gains per millisecond, and for how long. */
  declare private slewRate: number;
  declare private slewMs: number;
  declare private mode: Mode;
  /** The wall clock's offset that is being waited on, or caught up with, and since when it is waited on. */
  declare private heldOffsetMs: number;
  declare private heldSinceMs: number;
  /** Boot clock minus monotonic clock: grows by what the machine is suspended. */
  declare private bootOffsetMs: number;

  constructor(listener: ClockListener = () => {}, sources: ClockSources = machineClocks) {
    this.seconds = 0;
    this.nanos = 0;
    this.jumps = 0;
    this.monotonicMs = sources.monotonicMs;
    this.wallMs = sources.wallMs;
    this.bootMs = sources.bootMs;
    this.listener = listener;
    this.baseSeconds = Math.floor(sources.originMs / SECOND_MS);
    this.wall = new WallOffset();
    const nowMs = sources.monotonicMs();
    this.#measure(nowMs);
    this.dueMs = this.wall.nextTurnMs(nowMs);
    // The origin knows fractions of a millisecond, unless the wall clock was set since.
    const originOffsetMs = sources.originMs - this.baseSeconds * SECOND_MS;
    this.anchorMs = nowMs;
    this.anchorTimeMs = nowMs + originOffsetMs - this.wall.excessMs(originOffsetMs);
    this.slewRate = 0;
    this.slewMs = 0;
    this.mode = Mode.Following;
    this.heldOffsetMs = 0;
    this.heldSinceMs = 0;
    this.bootOffsetMs = sources.bootMs() - nowMs;
    this.read();
  }

  read(): void {
    const nowMs = this.monotonicMs();
    if (nowMs >= this.dueMs) this.#compare(nowMs);
    const timeMs = this.#timeAt(nowMs);
    const wholeSeconds = Math.floor(timeMs / SECOND_MS);
    this.seconds = this.baseSeconds + wholeSeconds;
    this.nanos = Math.floor((timeMs - wholeSeconds * SECOND_MS) * MILLISECOND_NANOS);
  }

  /** By how many milliseconds log time is ahead of the wall clock now, negative behind; 0 within what can be measured. */
  aheadMs(): number {
    const nowMs = this.monotonicMs();
    this.#measure(nowMs);
    return this.wall.excessMs(this.#timeAt(nowMs) - nowMs);
  }

  /**
   * Goes on from the last time that the log holds, if that is later than the wall clock: a start after the wall clock was
   * wrong. Log time then runs at half speed until the wall clock has caught up.
   */
  continueAfter(lastSeconds: number, lastNanos: number): void {
    const nowMs = this.monotonicMs();
    // A microsecond later, so that no rounding puts it before.
    const lastMs = (lastSeconds - this.baseSeconds) * SECOND_MS + (lastNanos + 1_000) / MILLISECOND_NANOS;
    if (lastMs <= this.#timeAt(nowMs)) return;
    this.#measure(nowMs);
    const aheadMs = this.wall.excessMs(lastMs - nowMs);
    this.#anchor(nowMs, lastMs, aheadMs);
    if (aheadMs <= CLOCK_JUMP_MS) return;
    this.mode = Mode.CatchingUp;
    this.heldOffsetMs = this.wall.middleMs;
    this.listener(ClockEvent.StartedAhead, aheadMs);
  }

  #measure(nowMs: number): void {
    this.wall.measure(nowMs, this.wallMs() - this.baseSeconds * SECOND_MS, this.monotonicMs());
  }

  #timeAt(nowMs: number): number {
    const elapsedMs = nowMs - this.anchorMs;
    // What is added never falls, not in the last bit either, because half of a number is exact.
    return this.anchorTimeMs + (elapsedMs + this.slewRate * Math.min(elapsedMs, this.slewMs));
  }

  /** Log time is `timeMs` now, and `aheadMs` of it are to be slewed away. */
  #anchor(nowMs: number, timeMs: number, aheadMs: number): void {
    this.anchorMs = nowMs;
    this.anchorTimeMs = timeMs;
    this.slewRate = aheadMs > 0 ? -SLEW_RATE : SLEW_RATE;
    this.slewMs = Math.abs(aheadMs) / SLEW_RATE;
  }

  #compare(nowMs: number): void {
    const wall = this.wall;
    this.#measure(nowMs);
    this.dueMs = wall.nextTurnMs(nowMs + COMPARE_INTERVAL_MS);
    const timeMs = this.#timeAt(nowMs);
    const aheadMs = wall.excessMs(timeMs - nowMs);
    if (Math.abs(aheadMs) <= CLOCK_JUMP_MS) this.#follow(nowMs, timeMs, aheadMs);
    else if (this.mode === Mode.Following || this.#hasMoved()) this.#beginHold(nowMs, timeMs, aheadMs);
    else if (this.mode === Mode.CatchingUp) this.#catchUp(nowMs, timeMs, aheadMs);
    else if (nowMs - this.heldSinceMs >= clockHoldMs(aheadMs)) this.#endHold(nowMs, timeMs, aheadMs);
  }

  #hasMoved(): boolean {
    return Math.abs(this.wall.excessMs(this.heldOffsetMs)) > CLOCK_JUMP_MS;
  }

  #follow(nowMs: number, timeMs: number, aheadMs: number): void {
    const mode = this.mode;
    this.mode = Mode.Following;
    this.#anchor(nowMs, timeMs, aheadMs);
    if (mode === Mode.Holding) this.listener(ClockEvent.JumpGone, aheadMs);
    else if (mode === Mode.CatchingUp) this.listener(ClockEvent.CaughtUp, aheadMs);
  }

  #catchUp(nowMs: number, timeMs: number, aheadMs: number): void {
    // Small settings and drift of the wall clock are followed on the way.
    this.heldOffsetMs = this.wall.middleMs;
    this.#anchor(nowMs, timeMs, aheadMs);
  }

  #beginHold(nowMs: number, timeMs: number, aheadMs: number): void {
    const suspendedMs = this.#takeSuspendedMs(nowMs);
    if (suspendedMs > CLOCK_JUMP_MS && suspendedMs + aheadMs <= CLOCK_JUMP_MS) {
      // The next comparison judges what remains.
      this.#anchor(nowMs, timeMs + suspendedMs, 0);
      this.dueMs = nowMs;
      this.listener(ClockEvent.Resumed, -suspendedMs);
      return;
    }
    this.jumps++;
    this.#anchor(nowMs, timeMs, 0);
    this.heldOffsetMs = this.wall.middleMs;
    this.heldSinceMs = nowMs;
    // One report for a clock that jumps about; the count tells how often.
    if (this.mode !== Mode.Holding) this.listener(ClockEvent.JumpHeld, aheadMs);
    this.mode = Mode.Holding;
  }

  #endHold(nowMs: number, timeMs: number, aheadMs: number): void {
    const isBehind = aheadMs < 0;
    this.mode = isBehind ? Mode.Following : Mode.CatchingUp;
    if (isBehind) this.#anchor(nowMs, timeMs - aheadMs, 0);
    else this.#catchUp(nowMs, timeMs, aheadMs);
    this.listener(isBehind ? ClockEvent.SetForward : ClockEvent.SlowedDown, aheadMs);
  }

  /** How long the machine was suspended since the last call. */
  #takeSuspendedMs(nowMs: number): number {
    const offsetMs = this.bootMs() - nowMs;
    const suspendedMs = offsetMs - this.bootOffsetMs;
    this.bootOffsetMs = offsetMs;
    return suspendedMs;
  }
}
