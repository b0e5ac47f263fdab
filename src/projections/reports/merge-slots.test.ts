import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandRejected } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { lackingSlots, mergeSlots } from './merge-slots.ts';
import { SLOT_WORDS, writeSlot } from './report-slot.ts';

const USER = 7;
const COUNT = 6;
const LAST = 100;

/** Slots of reports from number 11 on: each by the entry that caused it, 0: there is none. */
function slotsOf(sequences: readonly number[], userId = USER): WordBuffer {
  const slots = WordBuffer.allocate(COUNT * SLOT_WORDS);
  const event = WordBuffer.allocate(SLOT_WORDS);
  for (const [slot, sequence] of sequences.entries()) {
    if (sequence === 0) continue;
    event.i32[0] = CommandRejected.type | (CommandRejected.words << 16);
    event.f64[CommandRejected.at.sequence >> 1] = sequence;
    event.i32[CommandRejected.at.userId] = userId;
    event.f64[CommandRejected.at.reportNumber >> 1] = 11 + slot;
    writeSlot(slots, slot * SLOT_WORDS, event, 0, CommandRejected.words);
  }
  return slots;
}

const merge = (own: WordBuffer, other: WordBuffer) => mergeSlots(own, other, USER, 11, COUNT, LAST);

test('mergeSlots: takes what is lacking, and says what neither has', () => {
  const own = slotsOf([0, 20, 0, 0, 50, 0]);
  assert.equal(lackingSlots(own, USER, 11, COUNT), 4);
  const other = slotsOf([10, 20, 30, 0, 0, 100]);
  assert.deepEqual(merge(own, other), { taken: 3, lacking: 1 });
  assert.deepEqual(own.u8, slotsOf([10, 20, 30, 0, 50, 100]).u8);
});

test('mergeSlots: takes nothing of another log: a report that differs, entries that go back, or are too late', () => {
  for (const sequences of [
    [10, 21, 30, 40, 50, 60],
    [10, 0, 30, 29, 0, 60],
    [25, 0, 30, 40, 0, 60],
    [10, 20, 30, 40, 50, 101],
  ]) {
    const own = slotsOf([0, 20, 0, 0, 50, 0]);
    const before = own.u8.slice();
    assert.equal(merge(own, slotsOf(sequences)), undefined, sequences.join(' '));
    assert.deepEqual(own.u8, before);
  }
});

test('mergeSlots: what is damaged, or is another user’s or number’s, is not there', () => {
  const own = slotsOf([10, 0, 0, 0, 0, 0]);
  const other = slotsOf([0, 20, 30, 40, 0, 0]);
  // A flipped bit, and a report at another one's place.
  other.i32[SLOT_WORDS + 9] ^= 1;
  other.i32.copyWithin(4 * SLOT_WORDS, 3 * SLOT_WORDS, 4 * SLOT_WORDS);
  assert.deepEqual(merge(own, other), { taken: 2, lacking: 3 });
  assert.deepEqual(own.u8, slotsOf([10, 0, 30, 40, 0, 0]).u8);
  assert.deepEqual(merge(slotsOf([]), slotsOf([10, 20, 30, 40, 50, 60], 8)), { taken: 0, lacking: 6 });
});
