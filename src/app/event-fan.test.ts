import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFlag } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { EventFan } from './event-fan.ts';

test('EventFan: only the named sink gets what is emitted, and the others are back afterwards, also after a throw', () => {
  const fan = new EventFan();
  const words = WordBuffer.allocate(2);
  const got: string[] = [];
  fan.add({ onEvents: () => got.push('live') });
  fan.only({ onEvents: () => got.push('image') }, () => fan.onEvents(words, 0, 2));
  const failing = { onEvents: () => assert.fail('the reader failed') };
  assert.throws(() => fan.only(failing, () => fan.onEvents(words, 0, 2)), /the reader failed/);
  fan.onEvents(words, 0, 2);
  assert.deepEqual(got, ['image', 'live']);
});

test('EventFan: sinks get a batch in the order in which they were added, one that was added first before all others', () => {
  const fan = new EventFan();
  const got: string[] = [];
  fan.add({ onEvents: () => got.push('second') });
  fan.add({ onEvents: () => got.push('third') });
  fan.addFirst({ onEvents: () => got.push('first') });
  fan.onEvents(WordBuffer.allocate(2), 0, 2);
  assert.deepEqual(got, ['first', 'second', 'third']);
});

test('EventFan: events of another node are marked, every one of a batch', () => {
  const fan = new EventFan();
  const words = WordBuffer.allocate(4);
  words.i32.set([7 | (2 << 16), 0, 8 | (EventFlag.Image << 8) | (2 << 16), 0]);
  const flags: number[] = [];
  fan.add({
    onEvents: ({ i32 }, from, to) => {
      for (let at = from; at < to; at += i32[at] >>> 16) flags.push((i32[at] >> 8) & 0xff);
    },
  });
  fan.onEvents(words, 0, 4);
  fan.isForeign = true;
  fan.onEvents(words, 0, 4);
  assert.deepEqual(flags, [0, EventFlag.Image, EventFlag.Foreign, EventFlag.Image | EventFlag.Foreign]);
});
