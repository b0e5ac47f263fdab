import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventName } from '#codec/log/record-types.ts';
import { EVENT_LAYOUTS, OrderAccepted, Trade } from '#domain/events.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import {
  copySlot,
  REPORT_EVENT_WORDS_MAX,
  SLOT_WORDS,
  SlotState,
  slotState,
  writeSlot,
} from './report-slot.ts';

const USER = 7;
const NUMBER = 3;

/** An accepted order, report NUMBER of USER, in the second slot of three. */
function slotted(): WordBuffer {
  const event = WordBuffer.allocate(OrderAccepted.words);
  event.i32.fill(0x5a5a5a5a);
  event.i32[0] = OrderAccepted.type | (OrderAccepted.words << 16);
  event.i32[6] = USER;
  event.f64[8 >> 1] = NUMBER;
  const slots = WordBuffer.allocate(SLOT_WORDS * 3);
  slots.i32.fill(-1);
  writeSlot(slots, SLOT_WORDS, event, 0, OrderAccepted.words);
  return slots;
}

/** Events that are reports (docs/matching.md, section 11); no other has a report number. */
const REPORTS: readonly EventName[] = [
  'OrderAccepted',
  'CommandRejected',
  'OrderCanceled',
  'OrderReplaced',
  'OrderTriggered',
  'MassCancelDone',
  'Trade',
];

test('slot: every event that is a report fits', () => {
  const layouts = EVENT_LAYOUTS.filter(({ name }) => REPORTS.some((report) => report === name));
  assert.equal(layouts.length, REPORTS.length);
  for (const { name, words } of layouts) assert.ok(words <= REPORT_EVENT_WORDS_MAX, name);
});

test('slot: stays within its words and is the report that was written, of no other user or number', () => {
  const slots = slotted();
  assert.ok(slots.i32.subarray(0, SLOT_WORDS).every((word) => word === -1));
  assert.ok(slots.i32.subarray(SLOT_WORDS * 2).every((word) => word === -1));
  assert.equal(slotState(slots, SLOT_WORDS, USER, NUMBER), SlotState.Report);
  assert.equal(slotState(slots, SLOT_WORDS, USER, NUMBER + 1), SlotState.Damaged);
  assert.equal(slotState(slots, SLOT_WORDS, USER + 1, NUMBER), SlotState.Damaged);
});

test('slot: bytes of zero are empty', () => {
  assert.equal(slotState(WordBuffer.allocate(SLOT_WORDS), 0, USER, NUMBER), SlotState.Empty);
});

test('slot: any flipped bit is damage', () => {
  const slots = slotted();
  for (let bit = 0; bit < SLOT_WORDS * 32; bit++) {
    slots.i32[SLOT_WORDS + (bit >> 5)] ^= 1 << (bit & 31);
    assert.equal(slotState(slots, SLOT_WORDS, USER, NUMBER), SlotState.Damaged, `bit ${bit}`);
    slots.i32[SLOT_WORDS + (bit >> 5)] ^= 1 << (bit & 31);
  }
});

test('slot: any beginning of it, the rest still zero, is damage', () => {
  const whole = slotted();
  for (let bytes = 1; bytes < SLOT_WORDS * 4; bytes++) {
    const part = WordBuffer.allocate(SLOT_WORDS);
    part.u8.set(whole.u8.subarray(SLOT_WORDS * 4, SLOT_WORDS * 4 + bytes));
    assert.equal(slotState(part, 0, USER, NUMBER), SlotState.Damaged, `${bytes} bytes`);
  }
});

test('slot: words that would be a signalling NaN keep their bits, also when the code has become hot', () => {
  const event = WordBuffer.allocate(Trade.words);
  event.i32.fill(0x7ff0_0001);
  event.i32[0] = Trade.type | (Trade.words << 16);
  const slots = WordBuffer.allocate(SLOT_WORDS * 2);
  for (let i = 0; i < 50_000; i++) {
    slots.i32.fill(0);
    writeSlot(slots, 0, event, 0, Trade.words);
    copySlot(slots, 0, slots, SLOT_WORDS);
    if (i % 1_000 !== 0) continue;
    assert.deepEqual(slots.i32.subarray(0, Trade.words), event.i32);
    assert.deepEqual(slots.i32.subarray(SLOT_WORDS), slots.i32.subarray(0, SLOT_WORDS));
  }
});

test('slot: a trade is a report of both its users', () => {
  const trade = WordBuffer.allocate(Trade.words);
  trade.i32[0] = Trade.type | (Trade.words << 16);
  trade.i32[Trade.at.makerUserId] = 1;
  trade.f64[Trade.at.makerReportNumber >> 1] = 10;
  trade.i32[Trade.at.takerUserId] = 2;
  trade.f64[Trade.at.takerReportNumber >> 1] = 2 ** 32 + 1;
  const slot = WordBuffer.allocate(SLOT_WORDS);
  writeSlot(slot, 0, trade, 0, Trade.words);
  assert.equal(slotState(slot, 0, 1, 10), SlotState.Report);
  assert.equal(slotState(slot, 0, 2, 2 ** 32 + 1), SlotState.Report);
  assert.equal(slotState(slot, 0, 1, 2 ** 32 + 1), SlotState.Damaged);
  assert.equal(slotState(slot, 0, 0, 0), SlotState.Damaged);
});
