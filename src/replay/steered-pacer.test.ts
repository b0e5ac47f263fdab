import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplaySpeed, Timed } from './pacing.ts';
import { ReplayLimits } from './replay-limits.ts';
import { type SteeredClock, SteeredPacer } from './steered-pacer.ts';

/** Time that passes when the test says so. */
class FakeClock implements SteeredClock {
  ms = 1_000;
  due: { atMs: number; then: () => void } | undefined;

  nowMs(): number {
    return this.ms;
  }

  after(ms: number, then: () => void): () => void {
    this.due = { atMs: this.ms + ms, then };
    return () => {
      this.due = undefined;
    };
  }
}

const at = (seconds: number): Timed => ({ timeSeconds: seconds, timeNanos: 0 });

async function* batches(...all: readonly Timed[][]): AsyncGenerator<readonly Timed[]> {
  yield* all;
}

/** A pacer that works, and what it let through, as [time of the clock, seconds of the messages]. */
function paceOf(speed: ReplaySpeed, ...all: readonly Timed[][]) {
  const clock = new FakeClock();
  const seen: [number, number[]][] = [];
  const told: string[] = [];
  const pacer = new SteeredPacer(
    speed,
    {
      onSlice: async (messages, last) => void told.push(`${messages} to ${last.timeSeconds}`),
      onPaused: () => void told.push('paused'),
    },
    clock,
  );
  const ended = (async () => {
    for await (const batch of pacer.pace(batches(...all)))
      seen.push([clock.ms, batch.map(({ timeSeconds }) => timeSeconds)]);
  })();
  return { clock, pacer, seen, told, ended };
}

/** Lets everything that is due happen, but no time pass. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  const untilMs = clock.ms + ms;
  await settle();
  while (clock.due !== undefined && clock.due.atMs <= untilMs) {
    clock.ms = clock.due.atMs;
    clock.due.then();
    await settle();
  }
  clock.ms = untilMs;
}

describe('SteeredPacer', () => {
  it('keeps the recorded distances, divided by the speed, also when that changes on the way', async () => {
    const { clock, pacer, seen, ended } = paceOf(2, [at(10), at(10), at(12)], [at(20)]);
    await pass(clock, 1_000);
    assert.deepEqual(seen, [
      [1_000, [10, 10]],
      [2_000, [12]],
    ]);
    await pass(clock, 1_000);
    pacer.setSpeed(6);
    await pass(clock, 999);
    assert.equal(seen.length, 2);
    await pass(clock, 1);
    assert.deepEqual(seen[2], [4_000, [20]]);
    await ended;
  });

  it('stands still while it is paused, and what stood still does not count', async () => {
    const { clock, pacer, seen, told, ended } = paceOf(1, [at(0), at(4), at(5)]);
    await pass(clock, 3_000);
    pacer.pause();
    await pass(clock, 60_000);
    assert.deepEqual(seen, [[1_000, [0]]]);
    assert.deepEqual(told, ['1 to 0', 'paused']);
    pacer.resume();
    await pass(clock, 2_000);
    assert.deepEqual(seen.slice(1), [
      [65_000, [4]],
      [66_000, [5]],
    ]);
    await ended;
  });

  it('steps by as many messages as are asked for, over batches, and goes on from there', async () => {
    const { clock, pacer, seen, told, ended } = paceOf(1, [at(0), at(10)], [at(20), at(21)]);
    await pass(clock, 1);
    pacer.pause();
    await settle();
    pacer.step(1);
    await settle();
    assert.deepEqual(seen.at(-1), [1_001, [10]]);
    pacer.step(1);
    await settle();
    assert.deepEqual(seen.at(-1), [1_001, [20]]);
    assert.deepEqual(told, ['1 to 0', 'paused', '1 to 10', 'paused', '1 to 20', 'paused']);
    pacer.resume();
    await pass(clock, 1_000);
    assert.deepEqual(seen.at(-1), [2_001, [21]]);
    await ended;
  });

  it('max: hands on in slices, and no more when it is stopped', async () => {
    const many = Array.from({ length: ReplayLimits.SLICE_MESSAGES + 1 }, () => at(7));
    const all = paceOf('max', many);
    await all.ended;
    assert.deepEqual(all.told, [`${ReplayLimits.SLICE_MESSAGES} to 7`, '1 to 7']);
    const stopped = paceOf(1, [at(0), at(1)]);
    await settle();
    stopped.pacer.stop();
    await stopped.ended;
    assert.equal(stopped.seen.length, 1);
  });
});
