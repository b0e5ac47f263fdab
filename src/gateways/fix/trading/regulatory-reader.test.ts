import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanned } from '#codec/fix/test-support.ts';
import { RegulatoryFlag, TradingCapacity } from '#domain/commands.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import { readRegulatoryFields } from './regulatory-reader.ts';

const NOTHING: RegulatoryFields = {
  tradingCapacity: 0,
  regulatoryFlags: 0,
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};
const read = (fields: string): RegulatoryFields | string =>
  readRegulatoryFields(scanned(`8=FIX.4.4|9=1|35=D|${fields}10=000|`));
/** A group of parties with short codes: each as `PartyID/PartyRole/PartyRoleQualifier`. */
const parties = (...each: string[]): string =>
  `453=${each.length}|${each
    .map((party) => {
      const [id, role, qualifier] = party.split('/');
      return `448=${id}|447=P|452=${role}|${qualifier === undefined ? '' : `2376=${qualifier}|`}`;
    })
    .join('')}`;
/** A group of attributes: each as `OrderAttributeType/OrderAttributeValue`. */
const attributes = (...each: string[]): string =>
  `2593=${each.length}|${each.map((one) => `2594=${one.replace('/', '|2595=')}|`).join('')}`;

test('readRegulatoryFields: what each field says', () => {
  const {
    DirectElectronicAccess,
    LiquidityProvision,
    InvestmentDecisionByAlgorithm,
    ExecutionDecisionByAlgorithm,
  } = RegulatoryFlag;
  const cases: readonly (readonly [fields: string, said: Partial<RegulatoryFields>])[] = [
    ['', {}],
    ['528=P|', { tradingCapacity: TradingCapacity.Dealing }],
    ['528=R|', { tradingCapacity: TradingCapacity.MatchedPrincipal }],
    ['528=A|', { tradingCapacity: TradingCapacity.AnyOther }],
    ...['G', 'I', 'W'].map((capacity) => [`528=${capacity}|`, {}] as const),
    ['47=P|', { tradingCapacity: TradingCapacity.Dealing }],
    ['47=A|', { tradingCapacity: TradingCapacity.AnyOther }],
    ['47=R|', {}],
    ['109=70000|', { clientCode: 70_000 }],
    ['109=4294967295|', { clientCode: 4_294_967_295 }],
    ...['4294967296', 'FIRM', '-1', '1.0', '1 '].map((id) => [`109=${id}|`, {}] as const),
    [parties('17/3'), { clientCode: 17 }],
    [parties('17/3/23'), { clientCode: 17 }],
    [parties('17/3/24'), { clientCode: 17 }],
    [parties('0/3'), {}],
    [parties('18/122'), { investmentDecisionCode: 18 }],
    [parties('18/122/24'), { investmentDecisionCode: 18 }],
    [parties('18/122/22'), { investmentDecisionCode: 18, regulatoryFlags: InvestmentDecisionByAlgorithm }],
    [parties('3/12/24'), { executionDecisionCode: 3 }],
    [parties('19/12/22'), { executionDecisionCode: 19, regulatoryFlags: ExecutionDecisionByAlgorithm }],
    [parties('20/26/23'), { nonExecutingBrokerCode: 20 }],
    // Those of other roles or sources are not read.
    [parties('x/1', 'x/1', '21/26'), { nonExecutingBrokerCode: 21 }],
    ['453=3|448=ACME|447=D|452=3|448=5|447=P|452=3|448=9|452=3|', { clientCode: 5 }],
    ['453=1|448=5|447=P|', {}],
    ['453=0|528=A|', { tradingCapacity: TradingCapacity.AnyOther }],
    [
      '453=2|448=5|447=P|452=3|2376=23|802=2|523=a|803=1|523=b|803=2|448=6|447=P|452=12|2376=22|802=1|523=c|803=1|',
      { clientCode: 5, executionDecisionCode: 6, regulatoryFlags: ExecutionDecisionByAlgorithm },
    ],
    ['1724=5|', { regulatoryFlags: DirectElectronicAccess }],
    ...['1', '2', '6', '-5'].map((origination) => [`1724=${origination}|`, {}] as const),
    [attributes('2/Y'), { regulatoryFlags: LiquidityProvision }],
    [attributes('2/N'), {}],
    [attributes('0/Y'), { clientCode: 1 }],
    [attributes('1/Y'), { clientCode: 2 }],
    [attributes('0/N', '1/Y', '2/Y', '4/Y', '4/Y', '3/x'), { clientCode: 2, regulatoryFlags: 2 }],
    [`${parties('7/3')}${attributes('0/N', '1/N')}`, { clientCode: 7 }],
    [
      `${parties('4294967295/3/24', '4294967294/122/22', '4294967293/12/22', '4294967292/26/23')}528=R|1724=5|${attributes('2/Y')}`,
      {
        tradingCapacity: TradingCapacity.MatchedPrincipal,
        regulatoryFlags: 15,
        clientCode: 4_294_967_295,
        investmentDecisionCode: 4_294_967_294,
        executionDecisionCode: 4_294_967_293,
        nonExecutingBrokerCode: 4_294_967_292,
      },
    ],
  ];
  for (const [fields, said] of cases) assert.deepEqual(read(fields), { ...NOTHING, ...said }, fields);
});

test('readRegulatoryFields: what is refused, and why', () => {
  const cases: readonly (readonly [fields: string, fault: string])[] = [
    ...['x', '-1', '1.0', '4294967296', '99999999999999999999'].map(
      (id) =>
        [parties(`${id}/3`), 'PartyID (448) of PartyRole 3 must be an integer of 0 to 4294967295'] as const,
    ),
    [parties('5/3', '5/3'), 'PartyRole (452) 3 is there twice'],
    [parties('0/122', '1/1', '6/122'), 'PartyRole (452) 122 is there twice'],
    [parties('5/3/22'), 'PartyRoleQualifier (2376) of PartyRole 3 must be 23 or 24'],
    [parties('5/26/22'), 'PartyRoleQualifier (2376) of PartyRole 26 must be 23 or 24'],
    [parties('5/122/23'), 'PartyRoleQualifier (2376) of PartyRole 122 must be 22 or 24'],
    [parties('5/12/0'), 'PartyRoleQualifier (2376) of PartyRole 12 must be 22 or 24'],
    [parties('5/12/-22'), 'PartyRoleQualifier (2376) of PartyRole 12 must be 22 or 24'],
    [parties('0/12/22'), 'PartyID (448) of PartyRole 12 must not be 0 for an algorithm'],
    [attributes('2/Y', '2/Y'), 'OrderAttributeType (2594) 2 is there twice'],
    [attributes('0/N', '0/Y'), 'OrderAttributeType (2594) 0 is there twice'],
    [attributes('2/y'), 'OrderAttributeValue (2595) of OrderAttributeType 2 must be Y or N'],
    [attributes('1/YES'), 'OrderAttributeValue (2595) of OrderAttributeType 1 must be Y or N'],
    ['2593=2|2594=2|2594=0|2595=Y|', 'OrderAttributeValue (2595) of OrderAttributeType 2 must be Y or N'],
    [
      attributes('0/Y', '1/Y'),
      'OrderAttributeType (2594) 1 contradicts what else says whom the order is for',
    ],
    [
      `${parties('7/3')}${attributes('0/Y')}`,
      'OrderAttributeType (2594) 0 contradicts what else says whom the order is for',
    ],
    [
      `109=7|${attributes('1/Y')}`,
      'OrderAttributeType (2594) 1 contradicts what else says whom the order is for',
    ],
  ];
  for (const [fields, fault] of cases) assert.equal(read(fields), fault, fields);
});
