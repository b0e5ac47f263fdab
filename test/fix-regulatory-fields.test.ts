import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import { rejectText } from '#codec/fix/reject-reasons.ts';
import { readCommands } from '#codec/log/commands.ts';
import type { Command } from '#codec/log/record-types.ts';
import { NewOrder, ReplaceOrder } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import { FixVenue, fixOrder, told } from './support/fix-venue.ts';

const VERSIONS = [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11];
const LIMIT = '21=1|54=1|38=5|40=2|44=10.00|59=1|';
const NOTHING: RegulatoryFields = {
  tradingCapacity: 0,
  regulatoryFlags: 0,
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};
/** All six fields: parties, capacity, origination and an attribute. */
const ALL =
  '453=4|448=17|447=P|452=3|2376=23|448=18|447=P|452=122|2376=22|448=19|447=P|452=12|2376=24|448=4294967295|447=P|452=26|' +
  '528=R|1724=5|2593=1|2594=2|2595=Y|';
const ALL_SAID: RegulatoryFields = {
  tradingCapacity: 2,
  regulatoryFlags: 7,
  clientCode: 17,
  investmentDecisionCode: 18,
  executionDecisionCode: 19,
  nonExecutingBrokerCode: 4_294_967_295,
};

/** Commands of the log from now on, each with the words of its record. */
function logOf(t: TestContext, { venue }: FixVenue): () => readonly (readonly [Command, number])[] {
  const append = t.mock.method(venue, 'append');
  return () =>
    append.mock.calls.flatMap(({ arguments: [entry] }) => {
      const { i32, words } = entry;
      let at = ENTRY_HEADER_WORDS;
      return readCommands(entry, at, words).map((command) => {
        const size = i32[at] >>> 16;
        at += size;
        return [command, size] as const;
      });
    });
}

/** The regulatory fields of an order or a replace. */
function saidBy(command: Command): RegulatoryFields {
  assert.ok(command.type === 'NewOrder' || command.type === 'ReplaceOrder', command.type);
  return {
    tradingCapacity: command.tradingCapacity,
    regulatoryFlags: command.regulatoryFlags,
    clientCode: command.clientCode,
    investmentDecisionCode: command.investmentDecisionCode,
    executionDecisionCode: command.executionDecisionCode,
    nonExecutingBrokerCode: command.nonExecutingBrokerCode,
  };
}

test('what orders and replaces say for the authority is in the log, in each version', async (t) => {
  for (const begin of VERSIONS) {
    const venue = await FixVenue.open(t);
    const client = await venue.logOn('U1', { begin });
    client.send('D', fixOrder(client, 'd1', LIMIT));
    assert.deepEqual(await told(client, 1, 11, 150), ['8 11=d1 150=0']);
    const commands = logOf(t, venue);
    const is42 = begin === FixVersion.Fix42;
    const capacity = is42 ? '47=A|' : '528=A|';
    const [all, allSaid] = is42
      ? [
          '109=17|47=P|1724=5|2593=1|2594=2|2595=Y|',
          { ...NOTHING, tradingCapacity: 1, regulatoryFlags: 3, clientCode: 17 },
        ]
      : [ALL, ALL_SAID];
    client.send('D', fixOrder(client, 'd2', `${LIMIT}${capacity}`));
    client.send('D', fixOrder(client, 'd3', `${LIMIT}${all}`));
    client.send('D', fixOrder(client, 'd4', `${LIMIT}2593=1|2594=1|2595=Y|`));
    client.send('D', fixOrder(client, 'd5', LIMIT));
    client.send('G', fixOrder(client, 'g1', `41=d1|${LIMIT}${all}`));
    client.send('G', fixOrder(client, 'g2', `41=d2|${LIMIT}`));
    client.send('G', fixOrder(client, 'g3', `41=d3|${LIMIT}${capacity}`));
    const replaced = is42 ? '39=5' : '39=0';
    assert.deepEqual(await told(client, 7, 11, 150, 39), [
      ...['d2', 'd3', 'd4', 'd5'].map((id) => `8 11=${id} 150=0 39=0`),
      ...['g1', 'g2', 'g3'].map((id) => `8 11=${id} 150=5 ${replaced}`),
    ]);
    assert.deepEqual(
      commands().map(([command, words]) => [command.type, words, saidBy(command)]),
      [
        ['NewOrder', NewOrder.shortWords, { ...NOTHING, tradingCapacity: 3 }],
        ['NewOrder', NewOrder.words, allSaid],
        ['NewOrder', NewOrder.words, { ...NOTHING, clientCode: 2 }],
        ['NewOrder', NewOrder.shortWords, NOTHING],
        ['ReplaceOrder', ReplaceOrder.words, allSaid],
        ['ReplaceOrder', ReplaceOrder.shortWords, NOTHING],
        ['ReplaceOrder', ReplaceOrder.words, { ...NOTHING, tradingCapacity: 3 }],
      ],
      begin,
    );
  }
});

test('regulatory fields that contradict each other are refused and not in the log, in each version', async (t) => {
  for (const begin of VERSIONS) {
    const venue = await FixVenue.open(t);
    const client = await venue.logOn('U1', { begin });
    client.send('D', fixOrder(client, 'd1', LIMIT));
    await client.nextOf(1);
    const commands = logOf(t, venue);
    const is42 = begin === FixVersion.Fix42;
    const cases: readonly (readonly [fields: string, detail: string])[] = [
      ['2593=2|2594=2|2595=Y|2594=2|2595=N|', 'OrderAttributeType (2594) 2 is there twice'],
      [
        '2593=2|2594=0|2595=Y|2594=1|2595=Y|',
        'OrderAttributeType (2594) 1 contradicts what else says whom the order is for',
      ],
      [
        `${is42 ? '109=7|' : '453=1|448=7|447=P|452=3|'}2593=1|2594=0|2595=Y|`,
        'OrderAttributeType (2594) 0 contradicts what else says whom the order is for',
      ],
      ...(is42
        ? []
        : ([
            ['453=2|448=7|447=P|452=12|448=8|447=P|452=12|', 'PartyRole (452) 12 is there twice'],
            [
              '453=1|448=4294967296|447=P|452=122|',
              'PartyID (448) of PartyRole 122 must be an integer of 0 to 4294967295',
            ],
          ] as const)),
    ];
    for (const [index, [fields, detail]] of cases.entries()) {
      client.send('D', fixOrder(client, `d${begin}${index}`, `${LIMIT}${fields}`));
      client.send('G', fixOrder(client, `g${begin}${index}`, `41=d1|${LIMIT}${fields}`));
      const text = `${rejectText('INVALID_REGULATORY_FIELDS')}; ${detail}`;
      assert.deepEqual(await told(client, 2, 11, 39, 103, 102, 58), [
        `8 11=d${begin}${index} 39=8 103=${is42 ? 0 : 11} 102- 58=${text}`,
        `9 11=g${begin}${index} 39=0 103- 102=${is42 ? 2 : 99} 58=${text}`,
      ]);
    }
    assert.deepEqual(commands(), []);
  }
});
