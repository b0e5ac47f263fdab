import type { Clock } from '#domain/ports.ts';
import type { ClockSources } from './log-clock.ts';

/** For tests: a machine whose clocks are moved by hand. All times are milliseconds. */
export class SimulatedMachine {
  declare monotonicMs: number;
  /** How much faster than the monotonic clock the wall clock runs, in parts per million. */
  declare driftPpm: number;
  declare readonly sources: ClockSources;
  /** What the wall clock showed at the beginning, whole milliseconds, and what it has gained since: exact to a nanosecond. */
  declare private readonly startMs: number;
  declare private gainedMs: number;
  declare private suspendedMs: number;

  /** @param originMs the wall clock's time at which the process began; differs when the wall clock was set since */
  constructor(wallMs: number, originMs: number = wallMs) {
    this.monotonicMs = 0;
    this.driftPpm = 0;
    this.startMs = Math.floor(wallMs);
    this.gainedMs = wallMs - this.startMs;
    this.suspendedMs = 0;
    this.sources = {
      monotonicMs: () => this.monotonicMs,
      wallMs: () => this.startMs + Math.floor(this.gainedMs),
      bootMs: () => Math.floor((this.monotonicMs + this.suspendedMs) / 10) * 10,
      originMs,
    };
  }

  /** Lets time pass. */
  run(ms: number): void {
    this.monotonicMs += ms;
    this.gainedMs += ms * (1 + this.driftPpm / 1e6);
  }

  /** Sets the wall clock, forward or back. */
  setWall(byMs: number): void {
    this.gainedMs += byMs;
  }

  /** Lets time pass while the machine is suspended: its monotonic clock stands still. */
  suspend(ms: number): void {
    this.suspendedMs += ms;
    this.gainedMs += ms;
  }

  /** Wall clock minus monotonic clock, from an origin of its own. */
  get offsetMs(): number {
    return this.gainedMs - this.monotonicMs;
  }

  /** What `clock` shows, minus the wall clock as it truly is, fractions of a millisecond included. */
  errorMs({ seconds, nanos }: Clock): number {
    return seconds * 1_000 - this.startMs + nanos / 1e6 - this.gainedMs;
  }
}
