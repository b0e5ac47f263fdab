import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '#codec/log/events.ts';
import { EventFlag } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { EventWindow } from './event-window.ts';

/** `count` events of entry `sequence`, in one batch. */
function batch(sequence: number, count: number, flags = 0): WordBuffer {
  const events = Array.from({ length: count }, (_, index) =>
    encodeEvent({ type: 'AccountAdded', sequence, flags, accountId: index + 1 }),
  );
  return WordBuffer.copyOf(Buffer.concat(events));
}

function say(window: EventWindow, words: WordBuffer): void {
  window.onEvents(words, 0, words.words);
}

test('window: the events of an entry, in batches, and as many as are asked for', () => {
  const window = new EventWindow();
  window.start();
  for (const sequence of [5, 6, 6, 8]) say(window, batch(sequence, 2));
  assert.equal(window.eventsOf(5, 9), undefined, 'some of it may have come before');
  const six = window.eventsOf(6, 3);
  assert.deepEqual([six?.count, six?.events.length], [4, 3]);
  assert.deepEqual(window.eventsOf(7, 9), { count: 0, events: [] });
  assert.equal(window.eventsOf(8, 9)?.count, 2);
  assert.equal(window.newestSequence, 8);
});

test('window: holds the newest, never half of an entry', () => {
  const window = new EventWindow();
  window.start();
  const lastSequence = 4_000;
  for (let sequence = 1; sequence <= lastSequence; sequence++) say(window, batch(sequence, 20));
  let known = lastSequence;
  while (window.eventsOf(known, 0) !== undefined) {
    assert.equal(window.eventsOf(known, 0)?.count, 20, String(known));
    known--;
  }
  assert.ok(known > 0 && lastSequence - known > 1_000, String(known));
});

test('window: nothing of what stood, nothing after a loss, nothing while it is not wanted', () => {
  const window = new EventWindow();
  say(window, batch(3, 1));
  assert.equal(window.eventsOf(3, 9), undefined);
  window.start();
  say(window, batch(4, 1, EventFlag.Image));
  assert.equal(window.eventsOf(4, 9), undefined);
  for (const sequence of [5, 6, 7]) say(window, batch(sequence, 1));
  assert.equal(window.eventsOf(6, 9)?.count, 1);
  window.onRestart();
  assert.equal(window.eventsOf(6, 9), undefined);
  for (const sequence of [9, 10]) say(window, batch(sequence, 1));
  assert.deepEqual([window.eventsOf(9, 9), window.eventsOf(10, 9)?.count], [undefined, 1]);
  window.stop();
  assert.equal(window.eventsOf(10, 9), undefined);
});

test('window: the first entry after the start is whole where the event before it was of another', () => {
  const whole = new EventWindow();
  say(whole, batch(3, 2));
  whole.start();
  for (const sequence of [4, 4, 5]) say(whole, batch(sequence, 2));
  assert.deepEqual([whole.eventsOf(4, 9)?.count, whole.eventsOf(5, 9)?.count], [4, 2]);
  const begun = new EventWindow();
  say(begun, batch(4, 1));
  begun.start();
  for (const sequence of [4, 5]) say(begun, batch(sequence, 1));
  assert.deepEqual([begun.eventsOf(4, 9), begun.eventsOf(5, 9)?.count], [undefined, 1]);
});
