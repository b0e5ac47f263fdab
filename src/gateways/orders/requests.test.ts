import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCommand } from '#codec/log/commands.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { type NewOrderRequest, type ReplaceRequest, writeNewOrder, writeReplace } from './requests.ts';

const NEW: NewOrderRequest = {
  instrumentId: 7,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  orderFlags: 0,
  selfTradePrevention: 3,
  priceTicks: 100,
  stopPriceTicks: 0,
  qtyLots: 5,
  displayQtyLots: 0,
  minQtyLots: 0,
  expireSeconds: 0,
  ocoClientOrderId: 0,
  clientTag: 'mine',
};
const REPLACE: ReplaceRequest = {
  instrumentId: 7,
  originalClientOrderId: 1,
  priceTicks: 100,
  qtyLots: 5,
  displayQtyLots: 0,
  stopPriceTicks: 0,
  expireSeconds: 0,
  clientTag: 'mine',
  keepsTag: true,
};
const NOTHING: RegulatoryFields = {
  tradingCapacity: 0,
  regulatoryFlags: 0,
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};
const NAMES = Object.keys(NOTHING) as (keyof RegulatoryFields)[];

/** Bytes of the record that `write` writes, and what it says for the authority. */
function written(write: (sink: { words: WordBuffer; reserve: (words: number) => number }) => boolean) {
  const words = WordBuffer.allocate(64);
  let reserved = 0;
  const reserve = (count: number): number => {
    reserved = count;
    return 0;
  };
  assert.equal(write({ words, reserve }), true);
  const command: Readonly<Record<string, unknown>> = decodeCommand(words.u8.subarray(0, reserved * 4));
  return { bytes: reserved * 4, said: NAMES.map((name) => command[name]) };
}

test('a new order has its optional words when one of its codes says something', () => {
  const place = (regulatory?: RegulatoryFields) =>
    written((sink) => writeNewOrder(sink, 1, 2, regulatory === undefined ? NEW : { ...NEW, regulatory }));
  assert.deepEqual(place(), { bytes: 104, said: [0, 0, 0, 0, 0, 0] });
  assert.deepEqual(place(NOTHING), { bytes: 104, said: [0, 0, 0, 0, 0, 0] });
  const short = { ...NOTHING, tradingCapacity: 3, regulatoryFlags: 15 };
  assert.deepEqual(place(short), { bytes: 104, said: [3, 15, 0, 0, 0, 0] });
  const codes = [1, 2 ** 32 - 1, 3, 4];
  for (const [index, name] of NAMES.slice(2).entries()) {
    const said = NAMES.map((_, at) => (at === index + 2 ? codes[index] : 0));
    assert.deepEqual(place({ ...NOTHING, [name]: codes[index] }), { bytes: 120, said });
  }
});

test('a replace has its optional words when anything in them says something', () => {
  const replace = (regulatory?: RegulatoryFields) =>
    written((sink) =>
      writeReplace(sink, 1, 2, regulatory === undefined ? REPLACE : { ...REPLACE, regulatory }),
    );
  const { bytes: short } = replace();
  assert.deepEqual(replace(NOTHING), { bytes: short, said: [0, 0, 0, 0, 0, 0] });
  const values = [3, 15, 1, 2 ** 32 - 1, 3, 4];
  for (const [index, name] of NAMES.entries()) {
    const said = NAMES.map((_, at) => (at === index ? values[index] : 0));
    assert.deepEqual(replace({ ...NOTHING, [name]: values[index] }), { bytes: short + 24, said });
  }
});
