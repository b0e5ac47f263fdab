import { CommandType, NewOrder, ReplaceOrder } from '#domain/commands.ts';
import { byteAt } from '#domain/layout.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';

const NEW_CAPACITY = byteAt(NewOrder, 'tradingCapacity');
const NEW_FLAGS = byteAt(NewOrder, 'regulatoryFlags');
const REPLACE_CAPACITY = byteAt(ReplaceOrder, 'tradingCapacity');
const REPLACE_FLAGS = byteAt(ReplaceOrder, 'regulatoryFlags');

/**
 * Writes what the NewOrder or ReplaceOrder at word `command` says for the authority into `values` from `to` on, in the order of
 * REGULATORY_FIELDS. What a record that ends before its optional fields does not say stays as it is there.
 */
export function readRegulatoryFields(
  { i32, u8 }: WordBuffer,
  command: number,
  values: Float64Array,
  to: number,
): void {
  const head = i32[command];
  const isNew = (head & 255) === CommandType.NewOrder;
  const { words, at } = isNew ? NewOrder : ReplaceOrder;
  const first = command * WORD_BYTES;
  const isLong = head >>> 16 === words;
  if (isNew || isLong) {
    values[to] = u8[first + (isNew ? NEW_CAPACITY : REPLACE_CAPACITY)];
    values[to + 1] = u8[first + (isNew ? NEW_FLAGS : REPLACE_FLAGS)];
  }
  if (!isLong) return;
  values[to + 2] = i32[command + at.clientCode] >>> 0;
  values[to + 3] = i32[command + at.investmentDecisionCode] >>> 0;
  values[to + 4] = i32[command + at.executionDecisionCode] >>> 0;
  values[to + 5] = i32[command + at.nonExecutingBrokerCode] >>> 0;
}
