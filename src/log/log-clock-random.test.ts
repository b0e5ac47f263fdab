import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#domain/ports.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import {
  CLOCK_JUMP_MS,
  ClockEvent,
  type ClockListener,
  type ClockSources,
  clockHoldMs,
  LogClock,
} from './log-clock.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const START_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const HISTORIES = 200;
const EVENTS = 40;
const DRIFT_PPM_MAX = 500;
/** The wall clock is compared no more often than this, so that what it shows for less may be missed. */
const UNSEEN_MS = 102;

interface RestartableClock extends Clock {
  continueAfter(seconds: number, nanos: number): void;
}

type MakeClock = (machine: SimulatedMachine, listener: ClockListener) => RestartableClock;

/**
 * A random history of a machine's clocks, and at every reading what docs/adr/0010-log-clock.md promises of a log's clock:
 *
 *   1. log time never goes back, not over a restart either;
 *   2. it passes at half to one and a half times the speed of the monotonic clock, unless it is set forward: at a start, by
 *      a suspension, or to a wall clock that has stayed where it jumped to;
 *   3. once the wall clock was left alone for long enough, log time is within a millisecond of it, and what it drifted.
 */
class History {
  readonly #random: () => number;
  readonly #makeClock: MakeClock;
  readonly #machine: SimulatedMachine;
  #clock: RestartableClock;
  /** The last reading, and the monotonic clock then. */
  #seconds: number;
  #nanos: number;
  #readAtMs: number;
  #maySetForward: boolean;
  /** How long the machine was suspended and log time not set forward for it. */
  #suspendedMs: number;
  /** Where readings found the wall clock, and since when. */
  readonly #offsets: { sinceMs: number; offsetMs: number }[];
  /** When the wall clock must be met, and the longest time between two readings since it was disturbed. */
  #dueMs: number;
  #gapMsMax: number;

  constructor(seed: number, makeClock: MakeClock) {
    this.#random = seededRandom(seed);
    this.#makeClock = makeClock;
    this.#machine = new SimulatedMachine(START_MS + this.#random() * 1_000);
    this.#seconds = 0;
    this.#nanos = 0;
    this.#readAtMs = 0;
    this.#suspendedMs = 0;
    this.#offsets = [];
    this.#dueMs = 0;
    this.#gapMsMax = 0;
    this.#maySetForward = true;
    this.#clock = this.#start();
    this.#read();
  }

  /** @throws AssertionError when a promise is broken */
  run(): void {
    for (let event = 0; event < EVENTS; event++) this.#event();
    const calmMs = Math.max(1_000_000, this.#settledMs - this.#machine.monotonicMs);
    while (this.#machine.monotonicMs < this.#settledMs) this.#pass(calmMs / 1_000);
    this.#pass(1);
  }

  #event(): void {
    const dice = this.#random();
    if (dice < 0.3) this.#work(this.#between(0, 5_000), this.#between(0.5, 200));
    else if (dice < 0.55) this.#work(this.#between(0, 900_000), this.#between(500, 2_000));
    else if (dice < 0.6) this.#idle(this.#between(0, 24 * HOUR_MS));
    else if (dice < 0.7) this.#set(this.#between(-200, 200));
    else if (dice < 0.75) this.#set(this.#between(-3_000, 3_000));
    else if (dice < 0.85) this.#set(this.#between(-6 * HOUR_MS, 6 * HOUR_MS));
    else if (dice < 0.9) this.#suspend(10 ** this.#between(0, 7.5));
    else if (dice < 0.95) this.#machine.driftPpm = this.#between(-DRIFT_PPM_MAX, DRIFT_PPM_MAX);
    else this.#restart();
  }

  #between(min: number, max: number): number {
    return min + this.#random() * (max - min);
  }

  #work(ms: number, gapMs: number): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= gapMs) this.#pass(gapMs * this.#between(0.2, 1.8));
  }

  #idle(ms: number): void {
    // What drifts in a day unwatched is as large as a jump, and is taken for one.
    this.#machine.driftPpm = 0;
    this.#pass(ms);
  }

  #pass(ms: number): void {
    this.#machine.run(ms);
    this.#read();
  }

  #set(byMs: number): void {
    this.#machine.setWall(byMs);
    this.#disturb();
  }

  #suspend(ms: number): void {
    this.#machine.suspend(ms);
    this.#suspendedMs += ms;
    this.#disturb();
  }

  /** A new process on the same machine. */
  #restart(): void {
    this.#clock = this.#start();
    this.#clock.continueAfter(this.#seconds, this.#nanos);
    this.#maySetForward = true;
    this.#read();
    this.#disturb();
  }

  #start(): RestartableClock {
    return this.#makeClock(this.#machine, (event, aheadMs) => {
      if (event === ClockEvent.SetForward) this.#checkStayed(aheadMs);
      if (event === ClockEvent.Resumed) this.#checkSuspended(-aheadMs);
      this.#maySetForward ||= event === ClockEvent.SetForward || event === ClockEvent.Resumed;
    });
  }

  /**
   * A jump is held for at most five minutes, which begin anew when a small setting and what drifts add up to a jump, and
   * then, at worst, caught up at half the speed.
   */
  #disturb(): void {
    const aheadMs = Math.max(0, this.#errorMs());
    this.#dueMs = this.#machine.monotonicMs + 2 * clockHoldMs(HOUR_MS) + 2 * CLOCK_JUMP_MS + 2.01 * aheadMs;
    this.#gapMsMax = 0;
  }

  get #settledMs(): number {
    return this.#dueMs + 4 * this.#gapMsMax;
  }

  #errorMs(): number {
    return this.#machine.errorMs({ read: () => {}, seconds: this.#seconds, nanos: this.#nanos });
  }

  #read(): void {
    const { monotonicMs, offsetMs } = this.#machine;
    const last = this.#offsets.at(-1);
    if (last === undefined || Math.abs(offsetMs - last.offsetMs) > 1_000) {
      this.#offsets.push({ sinceMs: monotonicMs, offsetMs });
    }
    this.#clock.read();
    const { seconds, nanos } = this.#clock;
    assert.ok(Number.isInteger(seconds) && Number.isInteger(nanos) && nanos >= 0 && nanos < 1e9);
    const isBack = seconds < this.#seconds || (seconds === this.#seconds && nanos < this.#nanos);
    assert.ok(!isBack, `goes back: ${seconds}.${nanos} after ${this.#seconds}.${this.#nanos}`);

    const passedMs = (seconds - this.#seconds) * 1_000 + (nanos - this.#nanos) / 1e6;
    const elapsedMs = monotonicMs - this.#readAtMs;
    const speeds = `${passedMs} ms in ${elapsedMs}`;
    // Readings are rounded down to a nanosecond, and so is what they are made of.
    assert.ok(passedMs >= 0.5 * elapsedMs - 5e-6, `too slow: ${speeds}`);
    assert.ok(this.#maySetForward || passedMs <= 1.5 * elapsedMs + 5e-6, `too fast: ${speeds}`);

    this.#seconds = seconds;
    this.#nanos = nanos;
    this.#readAtMs = monotonicMs;
    this.#maySetForward = false;
    this.#gapMsMax = Math.max(this.#gapMsMax, elapsedMs);
    if (monotonicMs < this.#settledMs) return;
    const boundMs = 1.01 + DRIFT_PPM_MAX * 1e-6 * (this.#gapMsMax + 2 * UNSEEN_MS) * 1.5;
    assert.ok(Math.abs(this.#errorMs()) <= boundMs, `off: ${this.#errorMs()} ms, bound ${boundMs}`);
  }

  #checkSuspended(ms: number): void {
    assert.ok(ms <= this.#suspendedMs + 20, `hasty: suspended ${this.#suspendedMs} ms, taken for ${ms}`);
    this.#suspendedMs -= ms;
  }

  /** The wall clock was at one place for as long as the rule asks. */
  #checkStayed(aheadMs: number): void {
    const { monotonicMs, offsetMs } = this.#machine;
    const fromMs = monotonicMs - clockHoldMs(aheadMs);
    let untilMs = monotonicMs;
    for (const place of this.#offsets.toReversed()) {
      if (untilMs <= fromMs) return;
      const wasSeen = untilMs - place.sinceMs > UNSEEN_MS;
      const apartMs = Math.abs(place.offsetMs - offsetMs);
      assert.ok(!wasSeen || apartMs < 2 * CLOCK_JUMP_MS + 2_000, `hasty: was ${apartMs} ms away`);
      untilMs = place.sinceMs;
    }
  }
}

function runHistories(firstSeed: number, makeClock: MakeClock): void {
  for (let history = 0; history < HISTORIES; history++) new History(firstSeed + history, makeClock).run();
}

/** A clock that shows what `timeMs` makes of the machine and of what it showed before. */
function clockOf(timeMs: (machine: SimulatedMachine, lastMs: number) => number): MakeClock {
  return (machine) => {
    const clock = {
      seconds: 0,
      nanos: 0,
      read: () => {
        const ms = timeMs(machine, clock.seconds * 1_000 + clock.nanos / 1e6);
        clock.seconds = Math.floor(ms / 1_000);
        clock.nanos = (ms % 1_000) * 1e6;
      },
      continueAfter: (seconds: number, nanos: number) => {
        clock.seconds = seconds;
        clock.nanos = nanos;
      },
    };
    return clock;
  };
}

test('random histories: log time keeps its promises', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  runHistories(seed, (machine, listener) => new LogClock(listener, machine.sources));
});

test('planted: a clock that breaks a promise is found out', () => {
  const steady = (machine: SimulatedMachine): number => START_MS + Math.floor(machine.monotonicMs);
  const logClock =
    (change: (machine: SimulatedMachine) => Partial<ClockSources>): MakeClock =>
    (machine, listener) =>
      new LogClock(listener, { ...machine.sources, ...change(machine) });
  const planted: [complaint: RegExp, makeClock: MakeClock][] = [
    [
      /^goes back/,
      clockOf(({ sources, monotonicMs }) => sources.wallMs() - (monotonicMs > 60_000 ? 90_000 : 0)),
    ],
    // Follows the wall clock at once, and stands still while it is ahead.
    [/^too (slow|fast)/, clockOf(({ sources }, lastMs) => Math.max(lastMs, sources.wallMs()))],
    [/^too slow/, logClock((machine) => ({ monotonicMs: () => machine.monotonicMs * 0.4 }))],
    [/^too fast/, logClock((machine) => ({ monotonicMs: () => machine.monotonicMs * 4 }))],
    [/^off/, logClock((machine) => ({ wallMs: () => steady(machine) }))],
    // Takes every jump for a suspension.
    [/^hasty/, logClock(({ sources }) => ({ bootMs: sources.wallMs }))],
  ];
  for (const [message, makeClock] of planted) assert.throws(() => runHistories(1, makeClock), { message });
});
