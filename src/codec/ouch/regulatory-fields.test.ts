import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command } from '#codec/log/record-types.ts';
import {
  NewOrder,
  RegulatoryFlag,
  ReplaceOrder as ReplaceCommand,
  TradingCapacity,
} from '#domain/commands.ts';
import { WriteOutcome } from './command-writer.ts';
import type { OuchOptionValues } from './plain.ts';
import { ENTER, EVERY_REGULATORY_FIELD, REPLACE, setUpWriter } from './test-support.ts';

type Name = keyof typeof EVERY_REGULATORY_FIELD;
const NAMES = Object.keys(EVERY_REGULATORY_FIELD) as Name[];
const {
  DirectElectronicAccess,
  LiquidityProvision,
  InvestmentDecisionByAlgorithm,
  ExecutionDecisionByAlgorithm,
} = RegulatoryFlag;
/** The bit of no flag that is said beside what contradicts itself. */
const UNKNOWN_FLAG = 128;
const NONE = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Name, number>;

/** What the command of a message says, and of how many words it is. */
function written(message: typeof ENTER | typeof REPLACE): { words: number; fields: Record<string, number> } {
  const { sink, send } = setUpWriter();
  assert.equal(send(message), WriteOutcome.Written);
  const words = sink.words.i32[0] >>> 16;
  const [command] = sink.take() as Command<'NewOrder' | 'ReplaceOrder'>[];
  return { words, fields: Object.fromEntries(NAMES.map((name) => [name, command[name]])) };
}
const entered = (options: OuchOptionValues, capacity = 'O') => written({ ...ENTER, capacity, options });
const replaced = (options: OuchOptionValues) => written({ ...REPLACE, options });

test('Enter Order: its capacity is the order\u2019s, unless the option says one; neither costs words', () => {
  const { shortWords: words } = NewOrder;
  for (const [letter, tradingCapacity] of [
    ['P', TradingCapacity.Dealing],
    ['R', TradingCapacity.MatchedPrincipal],
    ['A', TradingCapacity.AnyOther],
    ['O', 0],
  ] as const) {
    assert.deepEqual(entered({}, letter), { words, fields: { ...NONE, tradingCapacity } });
    for (const given of Object.values(TradingCapacity)) {
      const fields = { ...NONE, tradingCapacity: given };
      assert.deepEqual(entered({ tradingCapacity: given }, letter), { words, fields });
    }
    const fields = { ...NONE, tradingCapacity };
    assert.deepEqual(entered({ tradingCapacity: 0 }, letter), { words, fields }, '0 is not said');
  }
  for (const regulatoryFlags of [DirectElectronicAccess, LiquidityProvision]) {
    assert.deepEqual(entered({ regulatoryFlags }), { words, fields: { ...NONE, regulatoryFlags } });
  }
});

test('Enter Order: any code makes the record long; all zero leaves it short', () => {
  for (const name of ['clientCode', 'investmentDecisionCode', 'executionDecisionCode'] as const) {
    for (const code of [1, 3, 2 ** 31, 2 ** 32 - 1]) {
      assert.deepEqual(entered({ [name]: code }), {
        words: NewOrder.words,
        fields: { ...NONE, [name]: code },
      });
    }
  }
  assert.deepEqual(entered({ nonExecutingBrokerCode: 9 }), {
    words: NewOrder.words,
    fields: { ...NONE, nonExecutingBrokerCode: 9 },
  });
  assert.deepEqual(entered(EVERY_REGULATORY_FIELD, 'P'), {
    words: NewOrder.words,
    fields: EVERY_REGULATORY_FIELD,
  });
  assert.deepEqual(entered(NONE), { words: NewOrder.shortWords, fields: NONE });
});

test('Replace Order: any of the fields makes the record long, and then it says all anew', () => {
  for (const name of NAMES) {
    assert.deepEqual(replaced({ [name]: 2 }), {
      words: ReplaceCommand.words,
      fields: { ...NONE, [name]: 2 },
    });
  }
  assert.deepEqual(replaced(EVERY_REGULATORY_FIELD), {
    words: ReplaceCommand.words,
    fields: EVERY_REGULATORY_FIELD,
  });
  assert.deepEqual(replaced(NONE), { words: ReplaceCommand.shortWords, fields: NONE });
  assert.deepEqual(replaced({}), { words: ReplaceCommand.shortWords, fields: NONE });
});

test('Enter and Replace Order: what the venue does not know goes to the core as it is', () => {
  for (const options of [
    { tradingCapacity: 7 },
    { tradingCapacity: 255 },
    { regulatoryFlags: 16 },
    { regulatoryFlags: 255 },
  ]) {
    assert.deepEqual(entered(options, 'O').fields, { ...NONE, ...options });
    assert.deepEqual(replaced(options).fields, { ...NONE, ...options });
  }
});

test('Enter and Replace Order: a decision by an algorithm without its code is said with a flag that the core refuses', () => {
  for (const [flag, code, other] of [
    [InvestmentDecisionByAlgorithm, 'investmentDecisionCode', 'executionDecisionCode'],
    [ExecutionDecisionByAlgorithm, 'executionDecisionCode', 'investmentDecisionCode'],
  ] as const) {
    const regulatoryFlags = flag | LiquidityProvision;
    for (const codes of [{}, { [code]: 0 }, { [other]: 5, clientCode: 6 }]) {
      const fields = { ...NONE, ...codes, regulatoryFlags: regulatoryFlags | UNKNOWN_FLAG };
      assert.deepEqual(entered({ ...codes, regulatoryFlags }).fields, fields);
      assert.deepEqual(replaced({ ...codes, regulatoryFlags }).fields, fields);
    }
    const whole = { regulatoryFlags, [code]: 5 };
    assert.deepEqual(entered(whole).fields, { ...NONE, ...whole });
    assert.deepEqual(replaced(whole).fields, { ...NONE, ...whole });
  }
});

test('an order after another says nothing of the other\u2019s', () => {
  const { sink, send } = setUpWriter();
  send({ ...ENTER, options: EVERY_REGULATORY_FIELD });
  send({ ...ENTER, userRefNum: 2, capacity: 'O' });
  send({ ...REPLACE, userRefNum: 3, options: EVERY_REGULATORY_FIELD });
  send({ ...REPLACE, userRefNum: 4 });
  const commands = sink.take() as Command<'NewOrder' | 'ReplaceOrder'>[];
  assert.deepEqual(
    commands.map((command) => Object.fromEntries(NAMES.map((name) => [name, command[name]]))),
    [EVERY_REGULATORY_FIELD, NONE, EVERY_REGULATORY_FIELD, NONE],
  );
});

test('random regulatory fields come to the log as they were sent, but for what contradicts itself, in the shortest record', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  console.log(`regulatory fields seed ${seed}`);
  const byte = fc.oneof(fc.constant(0), fc.nat(255));
  const code = fc.oneof(fc.constant(0), fc.nat(4), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  const options = fc.record(
    {
      tradingCapacity: byte,
      regulatoryFlags: byte,
      clientCode: code,
      investmentDecisionCode: code,
      executionDecisionCode: code,
      nonExecutingBrokerCode: code,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, (given) => {
      const fields = { ...NONE, ...given };
      const { tradingCapacity, regulatoryFlags, ...codes } = fields;
      const lacksCode =
        ((regulatoryFlags & InvestmentDecisionByAlgorithm) !== 0 && codes.investmentDecisionCode === 0) ||
        ((regulatoryFlags & ExecutionDecisionByAlgorithm) !== 0 && codes.executionDecisionCode === 0);
      if (lacksCode) fields.regulatoryFlags |= UNKNOWN_FLAG;
      const hasCode = Object.values(codes).some((value) => value !== 0);
      const hasAny = hasCode || tradingCapacity !== 0 || regulatoryFlags !== 0;
      assert.deepEqual(entered(given), { words: hasCode ? NewOrder.words : NewOrder.shortWords, fields });
      const words = hasAny ? ReplaceCommand.words : ReplaceCommand.shortWords;
      assert.deepEqual(replaced(given), { words, fields });
    }),
    { seed, numRuns: 300 },
  );
});
