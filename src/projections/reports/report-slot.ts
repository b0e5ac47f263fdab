import { join } from 'node:path';
import { EventType, Trade } from '#domain/events.ts';
import { assert } from '#lib/assert.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/*
 * A user's file of reports: report n is the slot of 208 bytes at byte (n - 1) * 208. A slot holds the whole event
 * record, zeros up to word 50, the format number in word 50 and the CRC32C of words 0 to 50 in word 51: see
 * docs/report-files.md.
 */

/** Words of one slot. */
export const SLOT_WORDS = 52;
export const SLOT_BYTES = SLOT_WORDS * 4;
/** Largest event that can be a report, in words. */
export const REPORT_EVENT_WORDS_MAX = 50;

const FORMAT_WORD = 50;
const CRC_WORD = 51;
const FORMAT = 2;

const TRADE_TYPE = EventType.Trade;
const {
  makerUserId: MAKER_USER_ID,
  makerReportNumber: MAKER_REPORT_NUMBER,
  takerUserId: TAKER_USER_ID,
  takerReportNumber: TAKER_REPORT_NUMBER,
} = Trade.at;
/** Of every event's header. */
const { sequence: SEQUENCE, userId: USER_ID, reportNumber: REPORT_NUMBER } = Trade.at;

/** What a slot of a file holds for the one who looks for a certain report in it. */
export const SlotState = {
  /** The report. */
  Report: 1,
  /** Nothing was ever written. */
  Empty: 2,
  /** Something else: half written, changed on the disk, or of another user. */
  Damaged: 3,
} as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

/** The file of a user's reports. */
export function reportFile(directory: string, userId: number): string {
  return join(directory, `${String(userId).padStart(10, '0')}.reports`);
}

/** Byte at which report `number` (from 1) begins in its user's file. */
export function slotPosition(number: number): number {
  return (number - 1) * SLOT_BYTES;
}

/** Makes the event of `sizeWords` words at `from` the slot at word `at` of `target`. All three are even. */
export function writeSlot(
  target: WordBuffer,
  at: number,
  source: WordBuffer,
  from: number,
  sizeWords: number,
): void {
  assert(sizeWords <= REPORT_EVENT_WORDS_MAX, 'Invariant: an event that is a report fits a slot');
  // By pairs of words, as records and slots lie: half of the time that single words take.
  copyPairs(source, from, target, at, sizeWords);
  const { f64 } = target;
  for (let pair = sizeWords >> 1; pair < FORMAT_WORD >> 1; pair++) f64[(at >> 1) + pair] = 0;
  const to = target.i32;
  to[at + FORMAT_WORD] = FORMAT;
  to[at + CRC_WORD] = crc32cWords(to, at, at + CRC_WORD);
}

/** Copies the slot at word `from` of `source` to word `at` of `target`. */
export function copySlot(source: WordBuffer, from: number, target: WordBuffer, at: number): void {
  copyPairs(source, from, target, at, SLOT_WORDS);
}

function copyPairs(source: WordBuffer, from: number, target: WordBuffer, at: number, words: number): void {
  const read = source.f64;
  const write = target.f64;
  const first = from >> 1;
  const to = at >> 1;
  for (let pair = 0; pair < words >> 1; pair++) write[to + pair] = read[first + pair];
}

/** Whether the slot at word `at` is report `number` of the user. */
export function slotState(words: WordBuffer, at: number, userId: number, number: number): SlotState {
  const { i32 } = words;
  if (i32[at + CRC_WORD] === crc32cWords(i32, at, at + CRC_WORD)) {
    const isReport = i32[at + FORMAT_WORD] === FORMAT && isReportOf(words, at, userId, number);
    return isReport ? SlotState.Report : SlotState.Damaged;
  }
  for (let word = at; word < at + SLOT_WORDS; word++) if (i32[word] !== 0) return SlotState.Damaged;
  return SlotState.Empty;
}

function isReportOf({ i32, f64 }: WordBuffer, at: number, userId: number, number: number): boolean {
  if ((i32[at] & 0xff) !== TRADE_TYPE) {
    return i32[at + USER_ID] === userId && f64[(at + REPORT_NUMBER) >> 1] === number;
  }
  return (
    (i32[at + MAKER_USER_ID] === userId && f64[(at + MAKER_REPORT_NUMBER) >> 1] === number) ||
    (i32[at + TAKER_USER_ID] === userId && f64[(at + TAKER_REPORT_NUMBER) >> 1] === number)
  );
}

/** Whether the event is a trade of its user with itself, and `number` the second of its two numbers. */
export function isSecondOfSelfTrade(words: WordBuffer, at: number, number: number): boolean {
  const { i32, f64 } = words;
  return (
    (i32[at] & 0xff) === TRADE_TYPE &&
    i32[at + MAKER_USER_ID] === i32[at + TAKER_USER_ID] &&
    f64[(at + TAKER_REPORT_NUMBER) >> 1] === number
  );
}

/** The log's sequence of the event at word `at`. */
export function eventSequence(words: WordBuffer, at: number): number {
  return words.f64[(at + SEQUENCE) >> 1];
}
