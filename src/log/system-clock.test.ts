import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from './system-clock.ts';

/** A machine whose two clocks are set by hand. */
class Machine {
  monotonicMs = 0;
  /** The true time, with fractions; the wall clock shows whole milliseconds. */
  trueMs: number;
  readonly clock: SystemClock;

  constructor(trueMs: number, originMs = trueMs) {
    this.trueMs = trueMs;
    this.clock = new SystemClock(
      () => this.monotonicMs,
      () => Math.floor(this.trueMs),
      originMs,
    );
  }

  read(afterMs: number): string {
    this.monotonicMs += afterMs;
    this.trueMs += afterMs;
    this.clock.read();
    return `${this.clock.seconds}.${String(this.clock.nanos).padStart(9, '0')}`;
  }
}

test('clock: counts nanoseconds from its origin and carries into seconds', () => {
  const machine = new Machine(1_700_000_000_999.25);
  assert.equal(machine.read(0), '1700000000.999250000');
  assert.equal(machine.read(0.5), '1700000000.999750000');
  assert.equal(machine.read(0.25), '1700000001.000000000');
  assert.equal(machine.read(0.000_001), '1700000001.000000001');
});

test('clock: within the millisecond of the wall clock it is left alone', () => {
  const machine = new Machine(1_700_000_000_500.5);
  assert.equal(machine.read(5_000), '1700000005.500500000');
  assert.equal(machine.read(999), '1700000006.499500000');
  assert.equal(machine.read(1), '1700000006.500500000');
});

test('clock: a small deviation is mended at the next check, to the edge of the millisecond', () => {
  const machine = new Machine(1_700_000_000_500.5);
  machine.trueMs += 2;
  assert.equal(machine.read(999), '1700000001.499500000');
  assert.equal(machine.read(1), '1700000001.502000000');
  machine.trueMs -= 2;
  assert.equal(machine.read(1_000), '1700000002.500999999');
});

test('clock: a step of the system time is followed within a second, in both directions', () => {
  const machine = new Machine(1_700_000_000_000);
  machine.trueMs += 3_600_000;
  assert.equal(machine.read(500), '1700000000.500000000');
  assert.equal(machine.read(500), '1700003601.000000000');
  machine.trueMs -= 7_200_000;
  assert.equal(machine.read(1_000), '1699996402.000999999');
});

test('clock: an origin that is off is corrected at once', () => {
  assert.equal(new Machine(1_700_000_000_000, 1_699_999_000_000).read(0), '1700000000.000000000');
});

test('clock: the real one agrees with the system', () => {
  const before = Date.now();
  const clock = new SystemClock();
  clock.read();
  const ms = clock.seconds * 1_000 + clock.nanos / 1_000_000;
  assert.ok(ms >= before - 1 && ms <= Date.now() + 1, `${ms} against ${before}`);
});
