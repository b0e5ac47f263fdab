import assert from 'node:assert/strict';
import { test } from 'node:test';
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
