import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, KillScope, OrderType, Phase, Side, TimeInForce } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { TestClient } from '#gateways/fix/test-support.ts';
import { FixVenue, fixOrder } from './support/fix-venue.ts';

/** TransactTime by the log, and by the door for what does not come to it. */
const LOG = '60=20231114-22:13:20.000';
const DOOR = '60=20261126-12:00:00.000';
const FLAGS = '203 INVALID_FLAGS: unknown or contradictory order flags';
const PRICE = '204 INVALID_PRICE: a limit price must be 1 to 2^31 - 1 ticks; a market or stop order has none';
const STOP_PRICE =
  '205 INVALID_STOP_PRICE: a stop needs a stop price of 1 to 2^31 - 1 ticks that is not yet reached; others have none';
const EXPIRY = '209 INVALID_EXPIRY: a good-till-date order needs an expiry in the future; others have none';

/** What is sent, one after the other, and what it brings, whole but for MsgSeqNum. In the words of 5.0 SP2. */
const STEPS: readonly (readonly [type: string, id: string, fields: string, answers: readonly string[]])[] = [
  [
    'D',
    'a',
    '21=1|1=1|15=USD|54=1|38=10|40=2|44=9.00|59=1|1138=3|',
    [
      `8 37=2|11=a|17=1-1|150=0|39=0|1=1|55=BTCUSD|54=1|38=10|40=2|44=9.00|59=1|1138=3|151=10|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'D',
    'b',
    '21=1|54=2|38=4|40=2|44=30.00|59=6|432=20291231|18=6|',
    [
      `8 37=3|11=b|17=1-2|150=0|39=0|1=1|55=BTCUSD|54=2|38=4|40=2|44=30.00|59=6|126=20300101-00:00:00.000|18=6|151=4|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'D',
    'c',
    '21=1|54=1|38=1|40=3|99=20.00|59=1|',
    [`8 37=4|11=c|17=1-3|150=0|39=0|636=N|1=1|55=BTCUSD|54=1|38=1|40=3|99=20.00|59=1|151=1|14=0|6=0|${LOG}|`],
  ],
  [
    'D',
    'd',
    '21=1|54=1|38=1|40=4|99=20.00|44=21.00|583=c|',
    [
      `8 37=5|11=d|17=1-4|150=0|39=0|636=N|1=1|55=BTCUSD|54=1|38=1|40=4|44=21.00|99=20.00|59=0|151=1|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'D',
    'e',
    '21=1|54=1|38=100|40=1|',
    [
      `8 37=6|11=e|17=1-5|150=0|39=0|1=1|55=BTCUSD|54=1|38=100|40=1|59=3|151=100|14=0|6=0|${LOG}|`,
      `8 37=6|11=e|17=1-6|150=F|39=2|1=1|55=BTCUSD|54=1|38=100|40=1|59=3|32=100|31=10.00|12=0.25|13=3|851=2|880=1|151=0|14=100|6=10.00|${LOG}|`,
    ],
  ],
  [
    'D',
    'f',
    '21=1|54=1|38=500|40=2|44=10.00|110=1|59=3|',
    [
      `8 37=7|11=f|17=1-7|150=0|39=0|1=1|55=BTCUSD|54=1|38=500|40=2|44=10.00|59=3|110=1|151=500|14=0|6=0|${LOG}|`,
      `8 37=7|11=f|17=1-8|150=F|39=1|1=1|55=BTCUSD|54=1|38=500|40=2|44=10.00|59=3|110=1|32=300|31=10.00|12=0.75|13=3|851=2|880=2|151=200|14=300|6=10.00|${LOG}|`,
      `8 37=7|11=f|17=1-9|150=4|39=4|1=1|55=BTCUSD|54=1|38=500|40=2|44=10.00|59=3|110=1|151=0|14=300|6=10.000000|${LOG}|58=immediate or cancel: nothing more to trade with|`,
    ],
  ],
  [
    'D',
    'g',
    '21=1|54=1|38=9|40=2|44=10.00|59=4|',
    [
      `8 37=8|11=g|17=1-10|150=0|39=0|1=1|55=BTCUSD|54=1|38=9|40=2|44=10.00|59=4|151=9|14=0|6=0|${LOG}|`,
      `8 37=8|11=g|17=1-11|150=4|39=4|1=1|55=BTCUSD|54=1|38=9|40=2|44=10.00|59=4|151=0|14=0|6=0|${LOG}|58=fill or kill: it could not be filled whole|`,
    ],
  ],
  [
    'G',
    'h',
    '21=1|41=a|1=1|15=USD|54=1|38=12|40=2|44=9.50|59=1|1138=4|',
    [
      `8 37=9|11=h|41=a|17=1-12|150=5|39=0|1=1|55=BTCUSD|54=1|38=12|40=2|44=9.50|59=1|1138=4|151=12|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'G',
    'i',
    '21=1|41=b|54=2|38=3|40=2|44=31.00|59=6|126=20300601-12:00:00|18=6|',
    [
      `8 37=10|11=i|41=b|17=1-13|150=5|39=0|1=1|55=BTCUSD|54=2|38=3|40=2|44=31.00|59=6|126=20300601-12:00:00.000|18=6|151=3|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'G',
    'j',
    '21=1|41=c|54=1|38=2|40=3|99=19.00|59=1|',
    [
      `8 37=11|11=j|41=c|17=1-14|150=5|39=0|636=N|1=1|55=BTCUSD|54=1|38=2|40=3|99=19.00|59=1|151=2|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'G',
    'r',
    '21=1|41=j|54=1|38=2|40=3|99=19.00|152=5|',
    [`9 37=11|11=r|41=j|39=0|${DOOR}|434=2|102=99|58=${FLAGS}; CashOrderQty (152) is not supported|`],
  ],
  [
    'G',
    'r',
    '21=1|41=j|54=1|38=2|40=3|99=19.00|168=20300101-00:00:00|',
    [`9 37=11|11=r|41=j|39=0|${DOOR}|434=2|102=99|58=${FLAGS}; EffectiveTime (168) is not supported|`],
  ],
  [
    'G',
    'r',
    '21=1|41=j|54=1|38=2|40=3|99=19.00|1094=1|',
    [`9 37=11|11=r|41=j|39=0|${DOOR}|434=2|102=99|58=${FLAGS}; PegPriceType (1094) is not supported|`],
  ],
  [
    'G',
    'r',
    '21=1|41=j|54=1|38=2|40=3|99=19.00|15=EUR|',
    [`9 37=11|11=r|41=j|39=0|${DOOR}|434=2|102=99|58=7 UNKNOWN_ASSET: no such asset; Currency must be USD|`],
  ],
  [
    'G',
    'r',
    '21=1|41=j|54=1|38=2|40=3|99=19.00|1138=0|',
    [
      `9 37=11|11=r|41=j|39=0|${DOOR}|434=2|102=99|58=207 INVALID_DISPLAY_QUANTITY: the display quantity must be 0 or 1 up to the quantity, on a resting order; orders cannot be hidden|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|40=2|44=9.00|152=5|',
    [
      `8 37=NONE|11=r|17=1-R1795694400000.1001|150=8|39=8|103=11|55=BTCUSD|54=1|151=0|14=0|6=0|${DOOR}|58=${FLAGS}; CashOrderQty (152) is not supported|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|168=20300101-00:00:00|',
    [
      `8 37=NONE|11=r|17=1-R1795694400000.1002|150=8|39=8|103=11|55=BTCUSD|54=1|151=0|14=0|6=0|${DOOR}|58=${FLAGS}; EffectiveTime (168) is not supported|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|1094=1|',
    [
      `8 37=NONE|11=r|17=1-R1795694400000.1003|150=8|39=8|103=11|55=BTCUSD|54=1|151=0|14=0|6=0|${DOOR}|58=${FLAGS}; PegPriceType (1094) is not supported|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|15=EUR|',
    [
      `8 37=NONE|11=r|17=1-R1795694400000.1004|150=8|39=8|103=99|55=BTCUSD|54=1|151=0|14=0|6=0|${DOOR}|58=7 UNKNOWN_ASSET: no such asset; Currency must be USD|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|59=6|',
    [`8 37=NONE|11=r|17=1-15|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${EXPIRY}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|59=6|126=20200101-00:00:00|',
    [`8 37=NONE|11=r|17=1-16|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${EXPIRY}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|432=20300101|',
    [`8 37=NONE|11=r|17=1-17|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${EXPIRY}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=1|44=9.00|',
    [`8 37=NONE|11=r|17=1-18|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${PRICE}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|',
    [`8 37=NONE|11=r|17=1-19|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${PRICE}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=3|',
    [`8 37=NONE|11=r|17=1-20|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${STOP_PRICE}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|99=20.00|',
    [`8 37=NONE|11=r|17=1-21|150=8|39=8|103=99|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${STOP_PRICE}|`],
  ],
  [
    'D',
    'r',
    '21=1|54=1|40=2|44=9.00|',
    [
      `8 37=NONE|11=r|17=1-22|150=8|39=8|103=13|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=206 INVALID_QUANTITY: the quantity is not an integer within the instrument's minimum and maximum|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|110=3|',
    [
      `8 37=NONE|11=r|17=1-23|150=8|39=8|103=13|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=208 INVALID_MINIMUM_QUANTITY: the minimum quantity must not exceed the quantity|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|1138=3|',
    [
      `8 37=NONE|11=r|17=1-24|150=8|39=8|103=13|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=207 INVALID_DISPLAY_QUANTITY: the display quantity must be 0 or 1 up to the quantity, on a resting order|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=1|59=1|',
    [
      `8 37=NONE|11=r|17=1-25|150=8|39=8|103=11|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=202 INVALID_TIME_IN_FORCE: unknown time in force, or one that this order type does not allow|`,
    ],
  ],
  [
    'D',
    'r',
    '21=1|54=1|38=2|40=2|44=9.00|59=3|18=6|',
    [`8 37=NONE|11=r|17=1-26|150=8|39=8|103=11|1=1|55=BTCUSD|54=1|151=0|14=0|6=0|${LOG}|58=${FLAGS}|`],
  ],
  [
    'F',
    'k',
    '41=h|54=1|1=1|',
    [
      `8 37=9|11=k|41=h|17=1-27|150=4|39=4|1=1|55=BTCUSD|54=1|38=12|40=2|44=9.50|59=1|1138=4|151=0|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'F',
    'l',
    '41=h|54=1|',
    [
      `9 37=9|11=l|41=h|39=4|${DOOR}|434=1|102=0|58=101 UNKNOWN_ORDER: no live order with this clientOrderId; it is not open any more|`,
    ],
  ],
  [
    'H',
    'i',
    '11=i|55=BTCUSD|54=2|790=S|',
    [
      `8 37=10|11=i|790=S|17=0|150=I|39=0|1=1|55=BTCUSD|54=2|38=3|40=2|44=31.00|59=6|126=20300601-12:00:00.000|18=6|151=3|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'AF',
    '',
    '584=M|585=1|55=BTCUSD|54=1|',
    [
      `8 37=5|11=d|584=M|911=2|912=N|17=0|150=I|39=0|636=N|1=1|55=BTCUSD|54=1|38=1|40=4|44=21.00|99=20.00|59=0|151=1|14=0|6=0|${LOG}|`,
      `8 37=11|11=j|584=M|911=2|912=Y|17=0|150=I|39=0|636=N|1=1|55=BTCUSD|54=1|38=2|40=3|99=19.00|59=1|151=2|14=0|6=0|${LOG}|`,
    ],
  ],
  [
    'q',
    'm',
    '530=1|',
    [
      `8 37=5|11=d|17=1-28|150=4|39=4|1=1|55=BTCUSD|54=1|38=1|40=4|44=21.00|99=20.00|59=0|151=0|14=0|6=0|${LOG}|58=mass cancel|`,
      `8 37=10|11=i|17=1-29|150=4|39=4|1=1|55=BTCUSD|54=2|38=3|40=2|44=31.00|59=6|126=20300601-12:00:00.000|18=6|151=0|14=0|6=0|${LOG}|58=mass cancel|`,
      `8 37=11|11=j|17=1-30|150=4|39=4|1=1|55=BTCUSD|54=1|38=2|40=3|99=19.00|59=1|151=0|14=0|6=0|${LOG}|58=mass cancel|`,
      `r 11=m|37=28|530=1|531=1|533=3|${DOOR}|`,
    ],
  ],
];

/** Sent fields, or an answer, as an older version has them. */
function inVersion(begin: FixVersion, text: string): string {
  if (begin === FixVersion.Fixt11) return text;
  const in44 = text
    .replace('|1138=', '|111=')
    .replace(/\|880=\d+/, '')
    .replace('|150=L|39=0|636=Y|', '|150=D|39=0|636=Y|378=99|')
    .replace('|1094=', '|210=')
    .replace('PegPriceType (1094)', 'MaxShow (210)');
  if (begin === FixVersion.Fix44) return in44;
  return in44
    .replace(/\|(?:636|790|851)=\w+/g, '')
    .replace(/\|17=([^|]+)\|150=/, (_, id) => `|17=${id}|20=${id === '0' ? 3 : 0}|150=`)
    .replace(/\|150=F\|39=(\d)/, '|150=$1|39=$1')
    .replace(/\|19=([^|]+)\|150=H\|39=(\d)/, '|20=1|19=$1|150=$2|39=$2')
    .replace('|150=5|39=0', '|150=5|39=5')
    .replace('|150=I|39=0', '|150=0|39=0')
    .replace('|378=99|', '|378=4|')
    .replace(/\|103=(?:11|13|99)\|/, '|103=0|')
    .replace('|102=99|', '|102=2|');
}

test('every field of an order, a replace, a cancel and a question is taken or refused as the page says, and each answer is whole, in each version', async (t) => {
  for (const begin of [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11]) {
    const venue = await FixVenue.open(t);
    const client = await venue.logOn('U1', { begin });
    const other = await venue.logOn('U2');
    other.send('D', fixOrder(other, 'x', '54=2|38=400|40=2|44=10.00|'));
    await other.nextOf(1);
    for (const [type, id, fields, answers] of STEPS) {
      // Not in 4.2.
      if (begin === FixVersion.Fix42 && (type === 'AF' || type === 'q')) continue;
      const asked = inVersion(begin, `|${fields}`).slice(1);
      client.send(type, type === 'H' || type === 'AF' ? asked : fixOrder(client, id, asked));
      const told = (await client.nextOf(answers.length)).map((message) => message.replace(/ \d+ /, ' '));
      assert.deepEqual(
        told,
        answers.map((answer) => inVersion(begin, answer)),
        `${begin} ${type} ${asked}`,
      );
    }
  }
});

test('what ends an order that nobody canceled is told in words, whole, in each version', async (t) => {
  const killed = { type: 'SetKillSwitch', scope: KillScope.User, scopeId: 1 } as const;
  const enabled = { type: 'SetUserEnabled', targetUserId: 1 } as const;
  const phase = { type: 'SetPhase', instrumentId: 1 } as const;
  const ends: readonly (readonly [
    ends: CommandInput,
    after: CommandInput,
    reason: string,
    status: string,
  ])[] = [
    [{ ...killed, engaged: 1, cancelOrders: 1 }, { ...killed, engaged: 0 }, 'kill switch', '4'],
    [{ ...enabled, enabled: 0, cancelOrders: 1 }, { ...enabled, enabled: 1 }, 'the user was disabled', '4'],
    [{ type: 'MassCancel', accountId: 1 }, { type: 'Tick' }, 'mass cancel', '4'],
    [
      { ...phase, phase: Phase.Closed },
      { ...phase, phase: Phase.Continuous },
      'day order: the session ended',
      'C',
    ],
  ];
  for (const begin of [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11]) {
    const venue = await FixVenue.open(t);
    const client = await venue.logOn('U1', { begin });
    const whole = async (): Promise<string> => (await client.next()).replace(/ \d+ /, ' ');
    let orders = 0;
    const answer = (kind: string, terms: string, leaves: number, end: string): string =>
      inVersion(
        begin,
        `8 37=${orders}|11=o${orders}|17=1-${2 * orders - (leaves > 0 ? 1 : 0)}|${kind}|1=1|55=BTCUSD|54=1|38=3|${terms}|151=${leaves}|14=0|6=0|${end}`,
      );
    const enter = async (terms: string, told = terms): Promise<void> => {
      orders++;
      client.send('D', fixOrder(client, `o${orders}`, `21=1|54=1|38=3|${terms}|`));
      assert.equal(await whole(), answer('150=0|39=0', told, 3, `${LOG}|`));
    };
    for (const [command, after, text, status] of ends) {
      await enter('40=2|44=9.00|59=0');
      venue.operator(command);
      assert.equal(
        await whole(),
        answer(`150=${status}|39=${status}`, '40=2|44=9.00|59=0', 0, `${LOG}|58=${text}|`),
      );
      venue.operator(after);
    }
    await enter('40=1', '40=1|59=3');
    const remainder = '58=market order: nothing more within its protection|';
    assert.equal(await whole(), answer('150=4|39=4', '40=1|59=3', 0, `${LOG}|${remainder}`));
    await enter('40=2|44=9.00|59=6|126=20231114-22:14:00.000');
    venue.venue.clock.advanceNanos(60_000_000_000);
    venue.operator({ type: 'Tick' });
    const over = '60=20231114-22:14:20.000|58=its time was over|';
    assert.equal(await whole(), answer('150=C|39=C', '40=2|44=9.00|59=6|126=20231114-22:14:00.000', 0, over));
  }
});

test('what the price band, a full book and a check at the trigger end is told in words, whole, in each version', async (t) => {
  const venue = await FixVenue.open(t);
  const clients = [
    [FixVersion.Fix42, await venue.logOn('U1-42', { begin: FixVersion.Fix42 })],
    [FixVersion.Fix44, await venue.logOn('U1-44', { begin: FixVersion.Fix44 })],
    [FixVersion.Fixt11, await venue.logOn('U1-50', { begin: FixVersion.Fixt11 })],
  ] as const;
  const [[, client]] = clients;
  // Each session of the user is told all of it.
  const assertTold = async (...reports: readonly string[]): Promise<void> => {
    for (const [begin, each] of clients) {
      const told = (await each.nextOf(reports.length)).map((message) => message.replace(/ \d+ /, ' '));
      assert.deepEqual(
        told,
        reports.map((report) => inVersion(begin, report)),
        begin,
      );
    }
  };
  const apply = (...commands: readonly CommandInput[]): void => {
    for (const command of commands) venue.operator(command);
    venue.venue.turn();
    venue.venue.deliver();
  };
  let numbers = 0;
  const others = (instrumentId: number, side: Side, qtyLots: number, priceTicks: number): CommandInput => ({
    type: 'NewOrder',
    userId: side === Side.Buy ? 2 : 3,
    instrumentId,
    clientOrderId: ++numbers,
    side,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    qtyLots,
    priceTicks,
  });
  const tradeOne = (instrumentId: number, priceTicks: number): CommandInput[] => [
    others(instrumentId, Side.Sell, 1, priceTicks),
    others(instrumentId, Side.Buy, 1, priceTicks),
  ];
  const spot = {
    type: 'AddInstrument',
    kind: InstrumentKind.Spot,
    baseAssetId: 1,
    quoteAssetId: 2,
    priceDecimals: 2,
    tickSize: 1,
    lotSize: 1,
    lotBaseMinor: 1,
    valueNumerator: 1,
    minQtyLots: 1,
    phase: Phase.Continuous,
  } as const;
  const { QTY_LOTS_MAX } = Limits;
  const narrow = { dynamicBandPpm: 50_000, volatilityAuctionSeconds: 30, valueDenominator: 1, maxQtyLots: 9 };
  const deep = { valueDenominator: QTY_LOTS_MAX, maxQtyLots: QTY_LOTS_MAX };
  apply({ ...spot, ...narrow, instrumentId: 3, symbol: 'NARROW' });
  apply({ ...spot, ...deep, instrumentId: 4, symbol: 'DEEP' });

  apply(...tradeOne(3, 1_000), others(3, Side.Sell, 5, 1_100));
  client.send('D', fixOrder(client, 'band', '21=1|54=1|38=3|40=2|44=11.00|59=3|', 'NARROW'));
  const band = '1=1|55=NARROW|54=1|38=3|40=2|44=11.00|59=3';
  await assertTold(
    `8 37=4|11=band|17=1-1|150=0|39=0|${band}|151=3|14=0|6=0|${LOG}|`,
    `8 37=4|11=band|17=1-2|150=4|39=4|${band}|151=0|14=0|6=0|${LOG}|58=the trade would have left the price band|`,
  );

  apply(...tradeOne(1, 1_000));
  client.send('D', fixOrder(client, 'stop', '21=1|54=2|38=3|40=3|99=9.50|59=1|'));
  const stop = '1=1|55=BTCUSD|54=2|38=3|40=3|99=9.50|59=1';
  await assertTold(`8 37=7|11=stop|17=1-3|150=0|39=0|636=N|${stop}|151=3|14=0|6=0|${LOG}|`);
  const kill = { type: 'SetKillSwitch', scope: KillScope.User, scopeId: 1 } as const;
  apply({ ...kill, engaged: 1 }, ...tradeOne(1, 950), { ...kill, engaged: 0 });
  await assertTold(
    `8 37=7|11=stop|17=1-4|150=L|39=0|636=Y|${stop}|151=3|14=0|6=0|${LOG}|58=its stop price was reached|`,
    `8 37=7|11=stop|17=1-5|150=4|39=4|${stop}|151=0|14=0|6=0|${LOG}|58=the triggered stop failed a check|`,
  );

  // 2^53 - 1 lots are what a side of a book can hold.
  for (let orders = 2 ** 53 / QTY_LOTS_MAX; orders > 0; orders--) {
    apply(others(4, Side.Buy, orders === 1 ? QTY_LOTS_MAX - 1 : QTY_LOTS_MAX, 1));
  }
  client.send('D', fixOrder(client, 'full', '21=1|54=1|38=3|40=2|44=0.01|59=1|', 'DEEP'));
  const full = '1=1|55=DEEP|54=1|38=3|40=2|44=0.01|59=1';
  await assertTold(
    `8 37=8202|11=full|17=1-6|150=0|39=0|${full}|151=3|14=0|6=0|${LOG}|`,
    `8 37=8202|11=full|17=1-7|150=4|39=4|${full}|151=0|14=0|6=0|${LOG}|58=the book can hold no more|`,
  );
});

test('a trade that is taken back is told to both sides and to a copy, whole, in each version, and the same to who comes later', async (t) => {
  const venue = await FixVenue.open(t);
  const versions = Object.values(FixVersion);
  const whole = async (client: TestClient): Promise<string> => (await client.next()).replace(/ \d+ /, ' ');
  const logOn = async (id: string): Promise<TestClient[]> =>
    Promise.all(versions.map((begin) => venue.logOn(`${id}-${begin}`, { begin })));
  const [buyers, away, sellers, copies] = [
    await logOn('U1'),
    await logOn('U1-AWAY'),
    await logOn('U2'),
    await logOn('COPY'),
  ];
  const [, seller] = sellers;
  seller.send('D', fixOrder(seller, 's', '54=2|38=300|40=2|44=10.00|59=1|'));
  await Promise.all(sellers.map((client) => client.nextOf(1)));
  const [, buyer] = buyers;
  buyer.send('D', fixOrder(buyer, 'b', '54=1|38=100|40=2|44=10.00|59=1|'));
  await Promise.all([...buyers, ...away].map((client) => client.nextOf(2)));
  await Promise.all(sellers.map((client) => client.nextOf(1)));
  await Promise.all(copies.map((client) => client.nextOf(4)));
  // The door knows that they are gone: what happens from here on was not sent to them.
  for (const client of away) client.send('5');
  await Promise.all(away.map((client) => client.next()));
  venue.operator({
    type: 'CancelTrade',
    instrumentId: 1,
    tradeId: 1,
    qtyLots: 100,
    priceTicks: 1_000,
    buyerOrderId: 2,
    buyerFeeMinor: 25,
    buyerReportNumber: 2,
    buyerUserId: 1,
    buyerAccountId: 1,
    buyerClientOrderId: 1,
    sellerOrderId: 1,
    sellerFeeMinor: 10,
    sellerReportNumber: 2,
    sellerUserId: 2,
    sellerAccountId: 2,
    sellerClientOrderId: 1,
  });
  const canceled = `${LOG}|58=the trade was canceled|`;
  const bought = (copy = ''): string =>
    `8 37=2|11=b|17=1-3|19=1-2|150=H|39=2|${copy}1=1|55=BTCUSD|54=1|38=100|40=2|44=10.00|59=1|32=100|31=10.00|12=-0.25|13=3|880=1|151=0|14=100|6=10.00|${canceled}`;
  const sold = (copy = ''): string =>
    `8 37=1|11=s|17=2-3|19=2-2|150=H|39=1|${copy}1=2|55=BTCUSD|54=2|38=300|40=2|44=10.00|59=1|32=100|31=10.00|12=-0.10|13=3|880=1|151=200|14=100|6=10.00|${canceled}`;
  for (const [index, begin] of versions.entries()) {
    const copy = begin === FixVersion.Fix42 ? '' : '797=Y|';
    assert.equal(await whole(buyers[index]), inVersion(begin, bought()));
    assert.equal(await whole(sellers[index]), inVersion(begin, sold()));
    const told = [await whole(copies[index]), await whole(copies[index])];
    assert.deepEqual(told.toSorted(), [inVersion(begin, sold(copy)), inVersion(begin, bought(copy))]);
  }
  await venue.restartDoor();
  for (const begin of versions) {
    const late = await venue.logOn(`U1-AWAY-${begin}`, { begin, next: 3 });
    assert.equal(await whole(late), inVersion(begin, bought()));
    late.send('2', '7=6|16=6|');
    assert.equal(await late.next(), inVersion(begin, bought()).replace('8 ', '8 6 dup '));
  }
});

test('each phase has its status and its name, in each version', async (t) => {
  const phases = [
    [Phase.Closed, '3', 'closed'],
    [Phase.PreOpen, '4', 'pre-open'],
    [Phase.OpeningAuction, '4', 'opening auction'],
    [Phase.Continuous, '2', 'continuous'],
    [Phase.VolatilityAuction, '1', 'volatility auction'],
    [Phase.Halted, '1', 'halted'],
    [Phase.ClosingAuction, '5', 'closing auction'],
  ] as const;
  for (const begin of [FixVersion.Fix42, FixVersion.Fix44, FixVersion.Fixt11]) {
    const venue = await FixVenue.open(t);
    const client = await venue.logOn('U1', { begin });
    const [session, symbol] = begin === FixVersion.Fixt11 ? ['1', '55=BTCUSD|'] : ['BTCUSD', ''];
    const told = async (): Promise<string> => (await client.next()).replace(/ \d+ /, ' ');
    client.send('g', '335=p|336=BTCUSD|263=1|');
    assert.equal(await told(), `h 335=p|336=${session}|325=N|340=2|${symbol}58=continuous|`);
    for (const [phase, status, text] of phases) {
      venue.operator({ type: 'SetPhase', instrumentId: 1, phase });
      assert.equal(await told(), `h 335=p|336=${session}|325=Y|340=${status}|${symbol}58=${text}|`);
    }
  }
});
