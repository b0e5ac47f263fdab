import type { WordBuffer } from '#lib/word-buffer.ts';
import { copySlot, eventSequence, SLOT_WORDS, SlotState, slotState } from './report-slot.ts';

/** What a merge did: see `mergeSlots`. */
export interface Merged {
  /** Slots that were taken. */
  readonly taken: number;
  /** Slots that neither has. */
  readonly lacking: number;
}

/**
 * Takes over from `other` what `own` lacks of the `count` reports of a user from number `from` on; both hold their slots from the beginning.
 * Undefined, and nothing is taken: what `other` has cannot be of the same log. Where both have a report it is the same, entries do not go back
 * from one report to the next, and none is later than `lastSequence`.
 */
export function mergeSlots(
  own: WordBuffer,
  other: WordBuffer,
  userId: number,
  from: number,
  count: number,
  lastSequence: number,
): Merged | undefined {
  const has = (words: WordBuffer, slot: number): boolean =>
    slotState(words, slot * SLOT_WORDS, userId, from + slot) === SlotState.Report;
  const wanted: number[] = [];
  let lacking = 0;
  let sequence = 0;
  for (let slot = 0; slot < count; slot++) {
    const isOwn = has(own, slot);
    const isOthers = has(other, slot);
    if (isOwn && isOthers && !isSame(own, other, slot * SLOT_WORDS)) return undefined;
    if (!isOwn && !isOthers) {
      lacking++;
      continue;
    }
    const next = eventSequence(isOwn ? own : other, slot * SLOT_WORDS);
    if (next < sequence || next > lastSequence) return undefined;
    sequence = next;
    if (!isOwn) wanted.push(slot);
  }
  for (const slot of wanted) copySlot(other, slot * SLOT_WORDS, own, slot * SLOT_WORDS);
  return { taken: wanted.length, lacking };
}

function isSame(a: WordBuffer, b: WordBuffer, at: number): boolean {
  for (let word = at; word < at + SLOT_WORDS; word++) if (a.i32[word] !== b.i32[word]) return false;
  return true;
}

/** How many of `count` reports of a user from number `from` on are lacking in the slots from the beginning of `slots`. */
export function lackingSlots(slots: WordBuffer, userId: number, from: number, count: number): number {
  let lacking = 0;
  for (let slot = 0; slot < count; slot++)
    if (slotState(slots, slot * SLOT_WORDS, userId, from + slot) !== SlotState.Report) lacking++;
  return lacking;
}
