import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import { FixVenue, fixOrder, told } from './support/fix-venue.ts';

const VERSIONS = [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11];

test('every order type, time in force and option reaches the core and comes back in its report, in each version', async (t) => {
  for (const begin of VERSIONS) await tradeTerms(await FixVenue.open(t), begin);
});

async function tradeTerms(venue: FixVenue, begin: FixVersion): Promise<void> {
  const client = await venue.logOn('U1', { begin });
  const display = begin === FixVersion.Fixt11 ? 1138 : 111;
  const terms = [150, 39, 40, 59, 18, 44, 99, 110, display, 126, 58] as const;
  const cases: readonly (readonly [fields: string, reports: readonly string[]])[] = [
    // A last trade, for stops and market orders.
    ['54=2|38=1|40=2|44=10.00|59=0|', ['8 150=0 39=0 40=2 59=0 18- 44=10.00 99- 110- 1138- 126- 58-']],
    ['54=1|38=10|40=2|44=9.00|59=1|1138=2|', ['8 150=0 39=0 40=2 59=1 18- 44=9.00 99- 110- 1138=2 126- 58-']],
    ['54=1|38=10|40=2|44=9.00|111=3|', ['8 150=0 39=0 40=2 59=0 18- 44=9.00 99- 110- 1138=3 126- 58-']],
    [
      '54=1|38=1|40=2|44=9.00|59=6|126=20300101-00:00:00|',
      ['8 150=0 39=0 40=2 59=6 18- 44=9.00 99- 110- 1138- 126=20300101-00:00:00.000 58-'],
    ],
    [
      '54=1|38=1|40=2|44=9.00|59=6|432=20291231|',
      ['8 150=0 39=0 40=2 59=6 18- 44=9.00 99- 110- 1138- 126=20300101-00:00:00.000 58-'],
    ],
    ['54=1|38=1|40=2|44=9.00|18=6|', ['8 150=0 39=0 40=2 59=0 18=6 44=9.00 99- 110- 1138- 126- 58-']],
    ['54=1|38=1|40=3|99=20.00|', ['8 150=0 39=0 40=3 59=0 18- 44- 99=20.00 110- 1138- 126- 58-']],
    [
      '54=1|38=1|40=4|99=20.00|44=21.00|',
      ['8 150=0 39=0 40=4 59=0 18- 44=21.00 99=20.00 110- 1138- 126- 58-'],
    ],
    [
      '54=1|38=1|40=2|44=1.00|59=3|',
      [
        '8 150=0 39=0 40=2 59=3 18- 44=1.00 99- 110- 1138- 126- 58-',
        '8 150=4 39=4 40=2 59=3 18- 44=1.00 99- 110- 1138- 126- 58=immediate or cancel: nothing more to trade with',
      ],
    ],
    [
      '54=1|38=9|40=2|44=10.00|59=4|',
      [
        '8 150=0 39=0 40=2 59=4 18- 44=10.00 99- 110- 1138- 126- 58-',
        '8 150=4 39=4 40=2 59=4 18- 44=10.00 99- 110- 1138- 126- 58=fill or kill: it could not be filled whole',
      ],
    ],
    [
      '54=1|38=9|40=2|44=10.00|110=5|',
      [
        '8 150=0 39=0 40=2 59=0 18- 44=10.00 99- 110=5 1138- 126- 58-',
        '8 150=4 39=4 40=2 59=0 18- 44=10.00 99- 110=5 1138- 126- 58=less than the minimum quantity could be filled',
      ],
    ],
    [
      '54=1|38=1|40=2|44=10.00|18=6|',
      [
        '8 150=0 39=0 40=2 59=0 18=6 44=10.00 99- 110- 1138- 126- 58-',
        '8 150=4 39=4 40=2 59=0 18=6 44=10.00 99- 110- 1138- 126- 58=post-only order would have traded',
      ],
    ],
    [
      '54=1|38=1|40=2|44=10.00|2964=2|',
      [
        '8 150=0 39=0 40=2 59=0 18- 44=10.00 99- 110- 1138- 126- 58-',
        '8 150=4 39=4 40=2 59=0 18- 44=10.00 99- 110- 1138- 126- 58=self-trade prevention',
      ],
    ],
    // One cancels other: it names the last buy.
    ['54=2|38=1|40=2|44=50.00|583=o2|', ['8 150=0 39=0 40=2 59=0 18- 44=50.00 99- 110- 1138- 126- 58-']],
  ];
  for (const [index, [fields, reports]] of cases.entries()) {
    const asked = fields.replace('1138=', `${display}=`);
    client.send('D', fixOrder(client, `o${index + 1}`, `21=1|${asked}`));
    assert.deepEqual(
      await told(client, reports.length, ...terms),
      reports.map((report) => report.replace(' 1138', ` ${display}`)),
      `${begin}, order ${index + 1}: ${asked}`,
    );
  }
}

test('each self-match instruction cancels or reduces what it says, in each version', async (t) => {
  const cases: readonly (readonly [instruction: string, reports: readonly string[]])[] = [
    ['1', ['8 11=in 150=4 39=4 38=3 151=0 378-']],
    ['2', ['8 11=rest 150=4 39=4 38=5 151=0 378-']],
    ['3', ['8 11=rest 150=4 39=4 38=5 151=0 378-', '8 11=in 150=4 39=4 38=3 151=0 378-']],
    ['4', ['8 11=rest 150=D 39=0 38=2 151=2 378=5', '8 11=in 150=4 39=4 38=3 151=0 378-']],
  ];
  for (const begin of VERSIONS) {
    for (const [instruction, reports] of cases) {
      const venue = await FixVenue.open(t);
      const client = await venue.logOn('U1', { begin });
      client.send('D', fixOrder(client, 'rest', '21=1|54=2|38=5|40=2|44=10.00|'));
      client.send('D', fixOrder(client, 'in', `21=1|54=1|38=3|40=2|44=10.00|2964=${instruction}|`));
      assert.deepEqual(
        await told(client, 2 + reports.length, 11, 150, 39, 38, 151, 378, 58),
        [
          '8 11=rest 150=0 39=0 38=5 151=5 378- 58-',
          '8 11=in 150=0 39=0 38=3 151=3 378- 58-',
          ...reports.map((report) => `${report} 58=self-trade prevention`),
        ],
        `${begin} ${instruction}`,
      );
    }
  }
});

test('each value of Side, OrdType, TimeInForce, ExecInst and self-match that the venue lacks is refused, in each version', async (t) => {
  const venue = await FixVenue.open(t);
  // All that the specifications have but those that are taken.
  const refused = [
    [54, '3456789ABCDEFGH', '200 INVALID_SIDE: side must be buy or sell'],
    [40, '56789ABCDEFGHIJKLMPQRS', '201 INVALID_ORDER_TYPE: unknown order type'],
    [
      59,
      '25789ABC',
      '202 INVALID_TIME_IN_FORCE: unknown time in force, or one that this order type does not allow',
    ],
    [
      18,
      '012345789ABCDEFG',
      '203 INVALID_FLAGS: unknown or contradictory order flags; ExecInst must be 6 or absent',
    ],
    [2964, '0567', '212 INVALID_SELF_TRADE_PREVENTION: unknown self-trade prevention mode'],
  ] as const;
  for (const begin of VERSIONS) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    // 4.2 has no "unsupported order characteristic": it is told "broker / exchange option".
    const reason = begin === FixVersion.Fix42 ? 0 : 11;
    for (const [tag, values, text] of refused) {
      for (const value of values) {
        const fields = new Map([
          [21, '1'],
          [54, '1'],
          [38, '1'],
          [40, '2'],
          [44, '1.00'],
          [tag, value],
        ]);
        const id = `${begin}-${tag}-${value}`;
        client.send('D', fixOrder(client, id, [...fields].map((field) => `${field.join('=')}|`).join('')));
        assert.deepEqual(await told(client, 1, 11, 37, 150, 39, 103, 58), [
          `8 11=${id} 37=NONE 150=8 39=8 103=${reason} 58=${text}`,
        ]);
      }
    }
    // What the specification does not have never gets that far.
    client.send('D', fixOrder(client, 'z', '21=1|54=1|38=1|40=2|44=1.00|59=Z|'));
    assert.deepEqual(await told(client, 1, 371, 373), ['3 371=59 373=5']);
  }
});
