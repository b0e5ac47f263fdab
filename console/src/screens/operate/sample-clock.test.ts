import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampleClock } from './sample-clock.ts';

/** Where messages that are heard at these seconds are drawn; "|" stands before one behind a gap. */
function drawn(clock: SampleClock, heard: readonly number[], periodSeconds = 1): string[] {
  return heard.map((at) => {
    const { atSeconds, isBehindGap, isAnew } = clock.next(at, periodSeconds);
    return `${isAnew ? 'anew ' : ''}${isBehindGap ? '|' : ''}${Number(atSeconds.toFixed(1))}`;
  });
}

test('messages are drawn by the seconds of the node, however unevenly they come', () => {
  assert.deepEqual(drawn(new SampleClock(), [100, 101.4, 101.9, 103.2]), ['100', '101', '102', '103']);
});

test('messages that waited for a busy browser are drawn at their own seconds, and never backward', () => {
  const clock = new SampleClock();
  const heard = [100, 101, 107, 107.1, 107.2, 107.3, 107.4, 107.5, 108, 109];
  assert.deepEqual(drawn(clock, heard), [
    '100',
    '101',
    '102',
    '103',
    '104',
    '105',
    '106',
    '107',
    '108',
    '109',
  ]);
});

test('after a lost connection there is a gap', () => {
  const clock = new SampleClock();
  drawn(clock, [100, 101]);
  clock.interrupt();
  assert.deepEqual(drawn(clock, [110, 111]), ['|110', '111']);
  clock.interrupt();
  assert.deepEqual(drawn(clock, [112.5, 113.4]), ['112', '113']);
});

test('messages that never come leave a gap once it is sure', () => {
  assert.deepEqual(drawn(new SampleClock(), [100, 101, 108, 109, 110]), ['100', '101', '102', '|109', '110']);
});

test('a clock that was set back begins anew', () => {
  assert.deepEqual(drawn(new SampleClock(), [100, 101, 50, 51]), ['100', '101', 'anew 50', '51']);
});

test('times go forward, whatever comes', () => {
  const clock = new SampleClock();
  let heard = 1_000;
  let last = 0;
  for (let n = 0; n < 5_000; n++) {
    heard += [0, 0.1, 1, 1, 1, 4, 9][(n * 7_919) % 7];
    if (n % 97 === 0) clock.interrupt();
    const { atSeconds, isAnew } = clock.next(heard, 1);
    assert.ok(isAnew || atSeconds > last, `${atSeconds} after ${last}`);
    last = atSeconds;
  }
});
