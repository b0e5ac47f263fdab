import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { paced, parseSpeed, type ReplayClock, type ReplaySpeed, type Timed } from './pacing.ts';

/** Time that passes only when someone sleeps. */
class FakeClock implements ReplayClock {
  ms = 1_000;
  readonly sleeps: number[] = [];

  nowMs(): number {
    return this.ms;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.ms += ms;
  }
}

const at = (seconds: number, nanos = 0): Timed => ({ timeSeconds: seconds, timeNanos: nanos });

async function* batches(...all: readonly Timed[][]): AsyncGenerator<readonly Timed[]> {
  yield* all;
}

/** What is handed over, as [time of the clock, seconds of the messages]. */
async function deliveries(speed: ReplaySpeed, clock: FakeClock, workMs: number, ...all: readonly Timed[][]) {
  const seen: [number, number[]][] = [];
  for await (const batch of paced(batches(...all), speed, clock)) {
    seen.push([clock.ms, batch.map(({ timeSeconds }) => timeSeconds)]);
    clock.ms += workMs;
  }
  return seen;
}

describe('pacing', () => {
  it('max: hands batches on as they are', async () => {
    const clock = new FakeClock();
    assert.deepEqual(await deliveries('max', clock, 0, [at(5), at(9)], [at(99)]), [
      [1_000, [5, 9]],
      [1_000, [99]],
    ]);
    assert.deepEqual(clock.sleeps, []);
  });

  it('realtime: each message at its recorded distance from the first, across batches', async () => {
    const clock = new FakeClock();
    assert.deepEqual(
      await deliveries(1, clock, 0, [at(5), at(5), at(6, 500_000_000)], [at(6, 500_000_000), at(8)]),
      [
        [1_000, [5, 5]],
        [2_500, [6]],
        [2_500, [6]],
        [4_000, [8]],
      ],
    );
  });

  it('a multiple divides the distances; a night is slept in parts', async () => {
    const clock = new FakeClock();
    assert.deepEqual(await deliveries(10, clock, 0, [at(0), at(1), at(50_001)]), [
      [1_000, [0]],
      [1_100, [1]],
      [5_001_100, [50_001]],
    ]);
    assert.deepEqual(clock.sleeps, [100, 3_600_000, 1_400_000]);
  });

  it('a consumer that is late is not slowed further', async () => {
    const clock = new FakeClock();
    assert.deepEqual(await deliveries(1, clock, 10_000, [at(0), at(1)], [at(3)]), [
      [1_000, [0]],
      [11_000, [1]],
      [21_000, [3]],
    ]);
  });

  it('parseSpeed: reads max, realtime and multiples, refuses the rest', () => {
    assert.deepEqual(['max', 'realtime', '10x', '0.5x'].map(parseSpeed), ['max', 1, 10, 0.5]);
    for (const text of ['', 'fast', '0x', '-1x', '10', 'x', '1e3x', `${'9'.repeat(400)}x`]) {
      assert.throws(() => parseSpeed(text), /use max, realtime or a multiple/, text);
    }
  });
});
