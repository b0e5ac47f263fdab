import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_LAYOUTS } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { EventWriter } from './event-writer.ts';

const USUAL_WORDS = 64;
const LONGEST = EVENT_LAYOUTS.reduce((longest, each) => (each.words > longest.words ? each : longest));

test('an event longer than the usual room is handed on whole, wherever in the buffer it begins', () => {
  assert.ok(LONGEST.words > USUAL_WORDS, 'there is such an event');
  for (let left = 2; left <= LONGEST.words + 2; left += 2) {
    const batches: number[][] = [];
    const writer = new EventWriter({
      onEvents: (words, from, to) => batches.push([...words.i32.subarray(from, to)]),
    });
    let length = Limits.EVENT_BATCH_WORDS - left;
    for (; length >= USUAL_WORDS * 2; length -= USUAL_WORDS) writer.begin(1, USUAL_WORDS, 0, 0, 0);
    writer.begin(1, length, 0, 0, 0);
    const at = writer.begin(LONGEST.type, LONGEST.words, 0, 0, 0);
    writer.words.i32[at + LONGEST.words - 1] = 7;
    writer.flush();
    const last = batches[batches.length - 1];
    assert.equal(last[last.length - 1], 7, `with ${left} words left`);
    const words = batches.reduce((sum, batch) => sum + batch.length, 0);
    assert.equal(words, Limits.EVENT_BATCH_WORDS - left + LONGEST.words);
  }
});
