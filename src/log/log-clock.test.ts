import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WordBuffer } from '#lib/word-buffer.ts';
import { CLOCK_JUMP_MS, ClockEvent, LogClock } from './log-clock.ts';
import { MemoryLog } from './memory/memory-log.ts';
import { RecordingReader } from './recording-reader.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Time between two readings of a venue that is not busy, in these tests. */
const STEP_MS = 50;
/** The same on a busy one: what the millisecond's turn is found with. */
const BUSY_STEP_MS = 0.02;

/** A clock on a simulated machine, and what it reported. */
class Subject {
  readonly machine: SimulatedMachine;
  readonly events: [event: string, aheadMs: number][] = [];
  readonly clock: LogClock;

  constructor(machine = new SimulatedMachine(START_MS + 0.25)) {
    this.machine = machine;
    this.clock = new LogClock((event, aheadMs) => {
      const name = Object.entries(ClockEvent).find(([, value]) => value === event)?.[0] ?? '';
      this.events.push([name, Math.round(aheadMs)]);
    }, machine.sources);
  }

  /** Log time, milliseconds since the Unix epoch. */
  get timeMs(): number {
    this.clock.read();
    return this.clock.seconds * 1_000 + this.clock.nanos / 1e6;
  }

  /** Log time of the day, milliseconds exact to a nanosecond. */
  get timeInDayMs(): number {
    this.clock.read();
    return (this.clock.seconds % 86_400) * 1_000 + this.clock.nanos / 1e6;
  }

  /** Log time minus the wall clock as it truly is. */
  get errorMs(): number {
    this.clock.read();
    return this.machine.errorMs(this.clock);
  }

  /** Lets time pass in steps; log time must go on in each. */
  run(ms: number, stepMs = STEP_MS): this {
    for (let steps = Math.round(ms / stepMs); steps > 0; steps--) {
      const beforeMs = this.timeMs;
      this.machine.run(stepMs);
      assert.ok(this.timeMs > beforeMs, 'log time goes on');
    }
    return this;
  }

  /** Asserts that log time is the wall clock's, and to 50 microseconds after two busy seconds. */
  assertAgrees(): void {
    assertNear(this.errorMs, 0, 1.05);
    assertNear(this.run(2_000, BUSY_STEP_MS).errorMs, 0, 0.05);
  }

  /** How much log time passes while `ms` do, rounded. */
  passed(ms: number, stepMs = STEP_MS): number {
    const beforeMs = this.timeMs;
    this.run(ms, stepMs);
    return Math.round(this.timeMs - beforeMs);
  }
}

function assertNear(actualMs: number, expectedMs: number, withinMs: number): void {
  assert.ok(
    Math.abs(actualMs - expectedMs) <= withinMs,
    `${actualMs} is within ${withinMs} of ${expectedMs}`,
  );
}

test('read: seconds and nanoseconds, from the origin with its fraction', () => {
  const { machine, clock } = new Subject(new SimulatedMachine(1_700_000_000_999.25));
  const text = (): string => {
    clock.read();
    return `${clock.seconds}.${String(clock.nanos).padStart(9, '0')}`;
  };
  assert.equal(text(), '1700000000.999250000');
  machine.run(0.5);
  assert.equal(text(), '1700000000.999750000');
  machine.run(0.25);
  assert.equal(text(), '1700000001.000000000');
});

test('steady: no microsecond is lost in a day', () => {
  const subject = new Subject();
  for (let minute = 0; minute < 24 * 60; minute++) {
    subject.machine.run(MINUTE_MS);
    assertNear(subject.errorMs, 0, 0.001);
  }
  assert.deepEqual([subject.events, subject.clock.aheadMs(), subject.clock.jumps], [[], 0, 0]);
});

test('drift: a wall clock that runs 90 ppm faster or slower is followed within 50 microseconds', () => {
  for (const driftPpm of [90, -90]) {
    const subject = new Subject();
    subject.machine.driftPpm = driftPpm;
    subject.run(1_000, BUSY_STEP_MS);
    for (let second = 1; second < 60; second++) {
      assertNear(subject.run(1_000, BUSY_STEP_MS).errorMs, 0, 0.05);
    }
    assert.deepEqual([subject.events, subject.clock.jumps], [[], 0]);
  }
});

test('an origin that no longer holds is not believed', () => {
  for (const originMs of [START_MS - HOUR_MS, START_MS + HOUR_MS]) {
    assertNear(new Subject(new SimulatedMachine(START_MS, originMs)).errorMs, 0, 1);
  }
});

test('small setting, forward: one and a half times the speed until it is made up, to the microsecond', () => {
  const subject = new Subject();
  subject.run(1_000).machine.setWall(40);
  subject.run(150);
  assert.equal(subject.passed(20, BUSY_STEP_MS), 30);
  subject.run(2_000).assertAgrees();
  assert.deepEqual([subject.events, subject.clock.jumps], [[], 0]);
});

test('small setting, back: half the speed until it is made up; a leap second is one', () => {
  const subject = new Subject();
  subject.run(1_000).machine.setWall(-1_000);
  subject.run(150);
  assert.equal(subject.passed(1_000), 500);
  assertNear(subject.clock.aheadMs(), 450, 60);
  subject.run(3_000).assertAgrees();
  assert.deepEqual([subject.events, subject.clock.jumps], [[], 0]);
});

test('no reading goes back by a rounding: decades ahead, half the speed, nanoseconds apart', () => {
  const subject = new Subject();
  subject.clock.continueAfter(START_MS / 1_000 + 1e9, 0);
  for (let reading = 0; reading < 100_000; reading++) {
    const beforeMs = subject.timeInDayMs;
    subject.machine.run(0.000_01);
    const afterMs = subject.timeInDayMs;
    assert.ok(afterMs >= beforeMs, `${afterMs} after ${beforeMs}`);
  }
});

test('forward jump and return: log time never follows', () => {
  const subject = new Subject();
  subject.machine.setWall(3 * HOUR_MS);
  assert.equal(subject.passed(4 * MINUTE_MS), 4 * MINUTE_MS);
  assertNear(subject.clock.aheadMs(), -3 * HOUR_MS, 1);
  subject.machine.setWall(-3 * HOUR_MS);
  assert.equal(subject.passed(10 * MINUTE_MS), 10 * MINUTE_MS);
  assertNear(subject.errorMs, 0, 0.002);
  assert.deepEqual(subject.events, [
    ['JumpHeld', -3 * HOUR_MS],
    ['JumpGone', 0],
  ]);
  assert.equal(subject.clock.jumps, 1);
});

test('forward jump that stays: followed after five minutes, in one step', () => {
  const subject = new Subject();
  subject.machine.setWall(HOUR_MS);
  assert.equal(subject.passed(5 * MINUTE_MS - 500), 5 * MINUTE_MS - 500);
  subject.run(1_500);
  subject.assertAgrees();
  assert.deepEqual(subject.events, [
    ['JumpHeld', -HOUR_MS],
    ['SetForward', -HOUR_MS],
  ]);
});

test('a short jump is waited on for as long as it is', () => {
  const subject = new Subject();
  subject.machine.setWall(10_000);
  assert.equal(subject.passed(9_900), 9_900);
  subject.run(600);
  assertNear(subject.errorMs, 0, 1);
});

test('a jump that moves is waited on anew, and reported once', () => {
  const subject = new Subject();
  subject.machine.setWall(HOUR_MS);
  subject.run(4 * MINUTE_MS).machine.setWall(HOUR_MS);
  subject.run(4 * MINUTE_MS).machine.setWall(-5 * HOUR_MS);
  subject.run(4 * MINUTE_MS);
  assert.deepEqual([subject.events, subject.clock.jumps], [[['JumpHeld', -HOUR_MS]], 3]);
  subject.run(2 * MINUTE_MS);
  assert.deepEqual(subject.events.slice(1), [['SlowedDown', 3 * HOUR_MS - 1]]);
});

test('backward jump that stays: after five minutes half the speed, until the wall clock has caught up', () => {
  const subject = new Subject();
  subject.machine.setWall(-HOUR_MS);
  assert.equal(subject.passed(5 * MINUTE_MS), 5 * MINUTE_MS);
  subject.run(MINUTE_MS);
  assert.equal(subject.passed(MINUTE_MS), MINUTE_MS / 2);
  subject.machine.setWall(200);
  subject.run(2 * HOUR_MS).assertAgrees();
  assert.equal(subject.passed(MINUTE_MS), MINUTE_MS);
  assert.deepEqual(
    subject.events.map(([event]) => event),
    ['JumpHeld', 'SlowedDown', 'CaughtUp'],
  );
  assert.equal(subject.clock.jumps, 1);
});

test('backward jump and return: log time never follows', () => {
  const subject = new Subject();
  subject.machine.setWall(-HOUR_MS);
  subject.run(MINUTE_MS).machine.setWall(HOUR_MS);
  assert.equal(subject.passed(10 * MINUTE_MS), 10 * MINUTE_MS);
  assert.deepEqual(
    subject.events.map(([event]) => event),
    ['JumpHeld', 'JumpGone'],
  );
});

test('forward jump, followed, then corrected: time goes on and comes back', () => {
  const subject = new Subject();
  subject.machine.setWall(HOUR_MS);
  subject.run(6 * MINUTE_MS).machine.setWall(-HOUR_MS);
  subject.run(6 * MINUTE_MS + 2 * HOUR_MS).assertAgrees();
  assert.equal(subject.clock.jumps, 2);
});

test('suspended machine, monotonic clock standing still: the time has passed, at the first comparison', () => {
  const subject = new Subject();
  subject.run(1_000).machine.suspend(8 * HOUR_MS);
  subject.run(200);
  assertNear(subject.errorMs, 0, 11);
  subject.assertAgrees();
  assert.deepEqual([subject.events, subject.clock.jumps], [[['Resumed', -8 * HOUR_MS]], 0]);
});

test('suspended machine whose wall clock is also set: only the suspension is followed', () => {
  const subject = new Subject();
  subject.machine.suspend(HOUR_MS);
  subject.machine.setWall(2 * HOUR_MS);
  assert.equal(subject.passed(MINUTE_MS), MINUTE_MS + HOUR_MS);
  assert.deepEqual(subject.events, [
    ['Resumed', -HOUR_MS],
    ['JumpHeld', -2 * HOUR_MS],
  ]);
});

test('suspended machine, monotonic clock running: nothing to do. Long idle is the same', () => {
  const subject = new Subject();
  subject.machine.run(72 * HOUR_MS);
  assertNear(subject.errorMs, 0, 0.001);
  assert.deepEqual([subject.events, subject.clock.jumps], [[], 0]);
});

test('continueAfter: a last time within reach is slewed away silently', () => {
  const subject = new Subject();
  subject.clock.continueAfter(START_MS / 1_000 + 1, 0);
  assertNear(subject.errorMs, 1_000, 1);
  assert.equal(subject.passed(1_000), 500);
  subject.run(2_000);
  assertNear(subject.errorMs, 0, 1);
  assert.deepEqual(subject.events, []);
});

test('continueAfter: a last time far ahead is gone on from at half speed', () => {
  const subject = new Subject();
  subject.clock.continueAfter((START_MS + HOUR_MS) / 1_000, 250_000);
  assertNear(subject.timeMs, START_MS + HOUR_MS + 0.251, 0.000_5);
  assert.deepEqual(subject.events, [['StartedAhead', HOUR_MS - 1]]);
  assert.equal(subject.passed(MINUTE_MS), MINUTE_MS / 2);
  subject.run(2 * HOUR_MS);
  assertNear(subject.errorMs, 0, 1);
  assert.deepEqual(
    subject.events.slice(1).map(([event]) => event),
    ['CaughtUp'],
  );
  assert.equal(subject.clock.jumps, 0);
});

test('continueAfter: a wall clock that was wrong at the start and is set right is followed', () => {
  const subject = new Subject(new SimulatedMachine(START_MS));
  const [lastSeconds, aheadMs] = [START_MS / 1_000 + 30 * 86_400, 30 * 86_400_000];
  subject.clock.continueAfter(lastSeconds, 0);
  subject.run(MINUTE_MS).machine.setWall(aheadMs);
  subject.run(2 * MINUTE_MS);
  assertNear(subject.errorMs, 0, 1);
  assert.deepEqual(
    subject.events.map(([event]) => event),
    ['StartedAhead', 'JumpHeld', 'SetForward'],
  );
});

test('continueAfter: a last time in the past changes nothing', () => {
  const subject = new Subject();
  subject.clock.continueAfter(START_MS / 1_000 - 86_400, 0);
  assertNear(subject.errorMs, 0, 0.001);
  assert.deepEqual(subject.events, []);
});

test('a log on this clock: after a jump that was followed and corrected, entries still get new times', () => {
  const { machine, clock } = new Subject();
  const reader = new RecordingReader();
  const log = new MemoryLog(clock, reader);
  const stampAfter = (ms: number): string => {
    for (let leftMs = ms; leftMs > 0; leftMs -= 1_000) {
      machine.run(1_000);
      clock.read();
    }
    log.append(WordBuffer.allocate(1), 0, 1);
    log.commit();
    return reader.entries[log.lastSequence - 1].split(' ')[1];
  };
  machine.setWall(HOUR_MS);
  stampAfter(6 * MINUTE_MS);
  machine.setWall(-HOUR_MS);
  const stamps = new Set([0, 1, 2, 3, 4, 5, 6, 7].map(() => stampAfter(MINUTE_MS)));
  assert.equal(stamps.size, 8);
});

test('the machine: its own clocks agree with the system, and CLOCK_JUMP_MS lets a leap second pass', () => {
  const beforeMs = Date.now();
  const clock = new LogClock();
  clock.read();
  const timeMs = clock.seconds * 1_000 + clock.nanos / 1e6;
  // The two clocks are read one after the other, and a busy machine may do other things in between.
  const betweenMs = 50;
  assert.ok(
    timeMs >= beforeMs - betweenMs && timeMs <= Date.now() + betweenMs,
    `${timeMs} against ${beforeMs}`,
  );
  // Not 0 where Node was interrupted when it read the two clocks at its start: a later reading finds the origin a fraction of a millisecond off.
  const aheadMs = clock.aheadMs();
  assert.ok(Math.abs(aheadMs) <= betweenMs, `${aheadMs}`);
  assert.ok(CLOCK_JUMP_MS > 1_001);
});
