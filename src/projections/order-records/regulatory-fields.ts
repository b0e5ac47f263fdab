import { NewOrder, ReplaceOrder } from '#domain/commands.ts';
import { byteAt } from '#domain/layout.ts';
import { WORD_BYTES, type WordBuffer } from '#lib/word-buffer.ts';

/** What an order says for the authority, as its command has it. */
export interface RegulatoryFields {
  readonly tradingCapacity: number;
  readonly regulatoryFlags: number;
  readonly clientCode: number;
  readonly investmentDecisionCode: number;
  readonly executionDecisionCode: number;
  readonly nonExecutingBrokerCode: number;
}

const NEW_CAPACITY = byteAt(NewOrder, 'tradingCapacity');
const NEW_FLAGS = byteAt(NewOrder, 'regulatoryFlags');
const REPLACE_CAPACITY = byteAt(ReplaceOrder, 'tradingCapacity');
const REPLACE_FLAGS = byteAt(ReplaceOrder, 'regulatoryFlags');

/** An order that said none of them. All such orders share it. */
export const NOTHING_SAID: RegulatoryFields = {
  tradingCapacity: 0,
  regulatoryFlags: 0,
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};

/** Of the NewOrder at word `at`. */
export function fieldsOfNew(words: WordBuffer, at: number): RegulatoryFields {
  const { i32, u8 } = words;
  const tradingCapacity = u8[at * WORD_BYTES + NEW_CAPACITY];
  const regulatoryFlags = u8[at * WORD_BYTES + NEW_FLAGS];
  const isLong = i32[at] >>> 16 === NewOrder.words;
  if (!isLong && tradingCapacity === 0 && regulatoryFlags === 0) return NOTHING_SAID;
  const code = (offset: number): number => (isLong ? i32[at + offset] >>> 0 : 0);
  return {
    tradingCapacity,
    regulatoryFlags,
    clientCode: code(NewOrder.at.clientCode),
    investmentDecisionCode: code(NewOrder.at.investmentDecisionCode),
    executionDecisionCode: code(NewOrder.at.executionDecisionCode),
    nonExecutingBrokerCode: code(NewOrder.at.nonExecutingBrokerCode),
  };
}

/** Of the ReplaceOrder at word `at`; undefined: it leaves what the order says as it was. */
export function fieldsOfReplace({ i32, u8 }: WordBuffer, at: number): RegulatoryFields | undefined {
  if (i32[at] >>> 16 !== ReplaceOrder.words) return undefined;
  return {
    tradingCapacity: u8[at * WORD_BYTES + REPLACE_CAPACITY],
    regulatoryFlags: u8[at * WORD_BYTES + REPLACE_FLAGS],
    clientCode: i32[at + ReplaceOrder.at.clientCode] >>> 0,
    investmentDecisionCode: i32[at + ReplaceOrder.at.investmentDecisionCode] >>> 0,
    executionDecisionCode: i32[at + ReplaceOrder.at.executionDecisionCode] >>> 0,
    nonExecutingBrokerCode: i32[at + ReplaceOrder.at.nonExecutingBrokerCode] >>> 0,
  };
}

/** Whether an order says anything for the authority. */
export function saysAnything(fields: RegulatoryFields): boolean {
  return Object.values(fields).some((value) => value !== 0);
}
