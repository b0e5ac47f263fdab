import { ReplaceOrder } from '#domain/commands.ts';
import { REGULATORY_FIELDS, type RegulatoryFields } from '#domain/regulatory-fields.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { readRegulatoryFields } from '../regulatory-words.ts';

/** An order that said none of them. All such orders share it. */
export const NOTHING_SAID: RegulatoryFields = {
  tradingCapacity: 0,
  regulatoryFlags: 0,
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};

const values = new Float64Array(REGULATORY_FIELDS.length);

/** Of the NewOrder, or the ReplaceOrder that has them, at word `at`. */
export function fieldsOf(words: WordBuffer, at: number): RegulatoryFields {
  values.fill(0);
  readRegulatoryFields(words, at, values, 0);
  if (values.every((value) => value === 0)) return NOTHING_SAID;
  const [tradingCapacity, regulatoryFlags, clientCode, investmentDecisionCode, ...others] = values;
  const [executionDecisionCode, nonExecutingBrokerCode] = others;
  return {
    tradingCapacity,
    regulatoryFlags,
    clientCode,
    investmentDecisionCode,
    executionDecisionCode,
    nonExecutingBrokerCode,
  };
}

/** Of the ReplaceOrder at word `at`; undefined: it leaves what the order says as it was. */
export function fieldsOfReplace(words: WordBuffer, at: number): RegulatoryFields | undefined {
  return words.i32[at] >>> 16 === ReplaceOrder.words ? fieldsOf(words, at) : undefined;
}

/** Whether an order says anything for the authority. */
export function saysAnything(fields: RegulatoryFields): boolean {
  return Object.values(fields).some((value) => value !== 0);
}
