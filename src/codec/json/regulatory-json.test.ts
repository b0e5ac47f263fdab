import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Static } from 'typebox';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import { type GivenRegulatory, readRegulatory, regulatoryJson } from './regulatory-json.ts';

const NOTHING: RegulatoryFields = {
  tradingCapacity: 0,
  regulatoryFlags: 0,
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};
const CASES: readonly [string, Static<typeof GivenRegulatory>, Partial<RegulatoryFields>][] = [
  ['dealing on own account', { capacity: 'DEAL' }, { tradingCapacity: 1 }],
  ['matched principal', { capacity: 'MTCH' }, { tradingCapacity: 2 }],
  ['any other capacity', { capacity: 'AOTC' }, { tradingCapacity: 3 }],
  ['direct electronic access', { directElectronicAccess: true }, { regulatoryFlags: 1 }],
  ['liquidity provision', { liquidityProvision: true }, { regulatoryFlags: 2 }],
  ['several clients', { client: 'AGGR' }, { clientCode: 1 }],
  ['clients that are not allocated yet', { client: 'PNAL' }, { clientCode: 2 }],
  ['a client', { client: 2 ** 32 - 1 }, { clientCode: 2 ** 32 - 1 }],
  [
    'a person and the client',
    { investmentDecision: { code: 3, by: 'person' }, executionDecision: { code: 'NORE' } },
    { investmentDecisionCode: 3, executionDecisionCode: 3 },
  ],
  [
    'algorithms',
    { investmentDecision: { code: 4, by: 'algorithm' }, executionDecision: { code: 5, by: 'algorithm' } },
    { regulatoryFlags: 12, investmentDecisionCode: 4, executionDecisionCode: 5 },
  ],
  ['a broker', { nonExecutingBroker: 7 }, { nonExecutingBrokerCode: 7 }],
];

for (const [name, json, said] of CASES) {
  test(`regulatory fields: ${name}, read and shown`, () => {
    assert.deepEqual(readRegulatory(json), { ...NOTHING, ...said });
    assert.deepEqual(regulatoryJson({ ...NOTHING, ...said }), json);
  });
}

test('regulatory fields: what says nothing is nothing', () => {
  for (const json of [undefined, {}, { directElectronicAccess: false, liquidityProvision: false }])
    assert.equal(readRegulatory(json), undefined);
  assert.equal(regulatoryJson(NOTHING), undefined);
  assert.equal(regulatoryJson({}), undefined);
});

test('regulatory fields: a number that has a text is shown as the text; nobody said by whom is a person', () => {
  const given = { client: 1, investmentDecision: { code: 9 }, executionDecision: { code: 3 } };
  assert.deepEqual(regulatoryJson(readRegulatory(given) as RegulatoryFields), {
    client: 'AGGR',
    investmentDecision: { code: 9, by: 'person' },
    executionDecision: { code: 'NORE' },
  });
});

test('regulatory fields: of what the core refused, as much as has a meaning', () => {
  assert.deepEqual(regulatoryJson({ ...NOTHING, tradingCapacity: 255, regulatoryFlags: 0xf1 }), {
    directElectronicAccess: true,
  });
  // A flag of a decision that has no code.
  assert.equal(regulatoryJson({ ...NOTHING, regulatoryFlags: 12 }), undefined);
});
