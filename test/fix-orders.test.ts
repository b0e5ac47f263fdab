import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandFlag } from '#domain/commands.ts';
import { FixVenue, fixOrder, pick, REPORT, told } from './support/fix-venue.ts';

test('an order is accepted, trades, is replaced and canceled: one report each, in order', async (t) => {
  const venue = await FixVenue.open(t);
  const ann = await venue.logOn('U1');
  const bob = await venue.logOn('U2');
  ann.send('D', fixOrder(ann, 'a1'));
  assert.deepEqual(await told(ann, 1, ...REPORT), [
    '8 11=a1 41- 17=1-1 150=0 39=0 38=5 32- 31- 151=5 14=0 6=0',
  ]);
  bob.send('D', fixOrder(bob, 'b1', '54=2|38=2|40=2|44=9.00|59=3|'));
  assert.deepEqual(await told(bob, 2, ...REPORT), [
    '8 11=b1 41- 17=2-1 150=0 39=0 38=2 32- 31- 151=2 14=0 6=0',
    '8 11=b1 41- 17=2-2 150=F 39=2 38=2 32=2 31=10.00 151=0 14=2 6=10.00',
  ]);
  assert.deepEqual(await told(ann, 1, ...REPORT), [
    '8 11=a1 41- 17=1-2 150=F 39=1 38=5 32=2 31=10.00 151=3 14=2 6=10.00',
  ]);
  ann.send('G', fixOrder(ann, 'a2', '41=a1|54=1|38=9|40=2|44=11.00|59=1|'));
  assert.deepEqual(await told(ann, 1, ...REPORT), [
    '8 11=a2 41=a1 17=1-3 150=5 39=1 38=9 32- 31- 151=7 14=2 6=10.000000',
  ]);
  ann.send('F', fixOrder(ann, 'a3', '41=a2|54=1|'));
  assert.deepEqual(await told(ann, 1, ...REPORT), [
    '8 11=a3 41=a2 17=1-4 150=4 39=4 38=9 32- 31- 151=0 14=2 6=10.000000',
  ]);
});

test('every order type, time in force and option reaches the core and comes back in its report', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1', { begin: 'FIXT.1.1' });
  const terms = [150, 39, 40, 59, 18, 44, 99, 110, 1138, 126, 58] as const;
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
    client.send('D', fixOrder(client, `o${index + 1}`, fields));
    assert.deepEqual(await told(client, reports.length, ...terms), reports, `order ${index + 1}: ${fields}`);
  }
});

test('a stop triggers, a pair cancels its other, a market order takes what there is', async (t) => {
  const venue = await FixVenue.open(t);
  const ann = await venue.logOn('U1', { begin: 'FIXT.1.1' });
  const bob = await venue.logOn('U2');
  bob.send('D', fixOrder(bob, 'b1', '54=2|38=1|40=2|44=10.00|'));
  bob.send('D', fixOrder(bob, 'b2', '54=2|38=5|40=2|44=12.00|'));
  await bob.nextOf(2);
  ann.send('D', fixOrder(ann, 'a1', '54=1|38=1|40=1|'));
  assert.deepEqual(await told(ann, 2, 11, 150, 39, 59, 32, 31, 851, 880), [
    '8 11=a1 150=0 39=0 59=3 32- 31- 851- 880-',
    '8 11=a1 150=F 39=2 59=3 32=1 31=10.00 851=2 880=1',
  ]);
  ann.send('D', fixOrder(ann, 's1', '54=1|38=2|40=3|99=12.00|'));
  ann.send('D', fixOrder(ann, 's2', '54=1|38=2|40=2|44=1.00|583=s1|'));
  assert.deepEqual(await told(ann, 2, 11, 150, 39, 636), [
    '8 11=s1 150=0 39=0 636=N',
    '8 11=s2 150=0 39=0 636-',
  ]);
  const cat = await venue.logOn('U3');
  cat.send('D', fixOrder(cat, 'c1', '54=1|38=1|40=2|44=12.00|'));
  assert.deepEqual(await told(ann, 3, 11, 150, 39, 636, 32, 58), [
    '8 11=s1 150=L 39=0 636=Y 32- 58=its stop price was reached',
    '8 11=s1 150=F 39=2 636- 32=2 58-',
    '8 11=s2 150=4 39=4 636- 32- 58=the other order of the pair traded or triggered',
  ]);
});

test('refusals name the reason, by the core or by the door, in the words of each version', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1', { begin: 'FIXT.1.1' });
  const cases = [
    ['54=1|38=5|40=2|44=10.00|', 'NOPE', '1', '6 UNKNOWN_INSTRUMENT'],
    ['54=1|38=5|40=2|44=10.001|', 'BTCUSD', '99', '204 INVALID_PRICE'],
    ['54=1|38=5.5|40=2|44=10.00|', 'BTCUSD', '13', '206 INVALID_QUANTITY'],
    ['54=1|38=0|40=2|44=10.00|', 'BTCUSD', '13', '206 INVALID_QUANTITY'],
    ['54=5|38=5|40=2|44=10.00|', 'BTCUSD', '11', '200 INVALID_SIDE'],
    ['54=1|38=5|40=J|44=10.00|', 'BTCUSD', '11', '201 INVALID_ORDER_TYPE'],
    ['54=1|38=5|40=2|44=10.00|59=2|', 'BTCUSD', '11', '202 INVALID_TIME_IN_FORCE'],
    ['54=1|38=5|40=2|44=10.00|18=1|', 'BTCUSD', '11', '203 INVALID_FLAGS'],
    ['54=1|38=5|40=2|44=10.00|111=0|', 'BTCUSD', '13', '207 INVALID_DISPLAY_QUANTITY'],
    ['54=1|38=5|40=2|44=10.00|583=none|', 'BTCUSD', '5', '102 OCO_PARTNER_UNUSABLE'],
    ['54=1|38=5|40=2|44=10.00|1=77|', 'BTCUSD', '15', '5 UNKNOWN_ACCOUNT'],
    ['54=1|152=5|40=2|44=10.00|', 'BTCUSD', '11', '203 INVALID_FLAGS'],
    ['54=1|38=1000000|40=2|44=21000000.00|', 'BTCUSD', '3', '407 INSUFFICIENT_FUNDS'],
  ] as const;
  for (const [index, [fields, symbol, reason, text]] of cases.entries()) {
    client.send('D', fixOrder(client, `r${index}`, fields, symbol));
    const [report] = await client.nextOf(1);
    assert.equal(
      pick(report, 11, 37, 150, 39, 103),
      `8 11=r${index} 37=NONE 150=8 39=8 103=${reason}`,
      fields,
    );
    assert.match(report, new RegExp(`\\|58=${text}`), fields);
    assert.match(report, new RegExp(`\\|54=${fields[3]}\\|`), fields);
  }
  // What FIX 4.4 and 4.2 lack is "other", and "broker / exchange option".
  const old = await venue.logOn('U1-OLD', { begin: 'FIX.4.2' });
  old.send('D', fixOrder(old, 'r42', '21=1|54=1|38=5|40=2|44=10.001|'));
  assert.deepEqual(await told(old, 1, 11, 20, 150, 39, 103), ['8 11=r42 20=0 150=8 39=8 103=0']);
  // A ClOrdID that the platform cannot keep is refused by the session layer.
  client.send('D', fixOrder(client, 'x'.repeat(37)));
  assert.deepEqual(await told(client, 1, 371, 373), ['3 371=11 373=5']);
});

test('a ClOrdID names one order: a second one is refused, a possible resend is told its status', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'one'));
  client.send('D', fixOrder(client, 'one'));
  client.send('D', fixOrder(client, 'one'), undefined, '97=Y|');
  assert.deepEqual(await told(client, 3, 11, 150, 39, 103), [
    '8 11=one 150=0 39=0 103-',
    '8 11=one 150=8 39=8 103=6',
    '8 11=one 150=I 39=0 103-',
  ]);
});

test('a value that no answer has room to repeat is refused, and the session lives', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'a1', undefined, 'S'.repeat(16_000)));
  client.send('V', `262=${'r'.repeat(16_000)}|263=0|264=0|267=1|269=0|146=1|55=BTCUSD|`);
  client.send('D', fixOrder(client, 'a2', `54=1|38=5|40=2|44=10.00|58=${'t'.repeat(15_000)}|`));
  assert.deepEqual(await told(client, 3, 371, 373, 11), [
    '3 371=55 373=5 11-',
    '3 371=262 373=5 11-',
    '8 371- 373- 11=a2',
  ]);
});

test('orders sent at once can be replaced and canceled before they are answered', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.write(
    client.message('D', fixOrder(client, 'p1')) +
      client.message('G', fixOrder(client, 'p2', '41=p1|54=1|38=4|40=2|44=9.00|59=1|')) +
      client.message('F', fixOrder(client, 'p3', '41=p2|54=1|')) +
      client.message('F', fixOrder(client, 'p4', '41=p2|54=1|')),
  );
  assert.deepEqual(await told(client, 4, 11, 41, 150, 39, 434, 102), [
    '8 11=p1 41- 150=0 39=0 434- 102-',
    '8 11=p2 41=p1 150=5 39=0 434- 102-',
    '8 11=p3 41=p2 150=4 39=4 434- 102-',
    '9 11=p4 41=p2 150- 39=4 434=1 102=0',
  ]);
  client.send('F', fixOrder(client, 'p5', '41=p2|54=1|'));
  client.send('F', fixOrder(client, 'p6', '41=never|54=1|'));
  client.send('G', fixOrder(client, 'p7', '41=never|54=1|38=4|40=2|44=9.00|'));
  assert.deepEqual(await told(client, 3, 11, 41, 37, 39, 434, 102), [
    '9 11=p5 41=p2 37=2 39=4 434=1 102=0',
    '9 11=p6 41=never 37=NONE 39=8 434=1 102=1',
    '9 11=p7 41=never 37=NONE 39=8 434=2 102=1',
  ]);
});

test('a number that another door used first is no news; a ClOrdID that another node used is a duplicate', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  const elsewhere = { type: 'NewOrder', userId: 1, instrumentId: 1, side: 1, orderType: 1 } as const;
  const terms = { timeInForce: 2, priceTicks: 100, qtyLots: 1 } as const;
  // The log knows the session, so that what follows is read.
  client.send('D', fixOrder(client, 'd0'));
  await told(client, 1, 11);
  venue.isHeld = true;
  venue.operator({ ...elsewhere, ...terms, clientOrderId: 50 });
  venue.operator({
    ...elsewhere,
    ...terms,
    clientOrderId: 51,
    flags: CommandFlag.UniqueTag,
    clientTag: 'd1',
  });
  client.send('D', fixOrder(client, 'd1'));
  client.send('D', fixOrder(client, 'd2'));
  client.send('D', fixOrder(client, 'd1'), undefined, '97=Y|');
  await venue.handled(4);
  venue.isHeld = false;
  // Both were refused for their numbers; the first one's text was used as well, the second is sent again.
  assert.deepEqual(await told(client, 5, 11, 150, 38, 103, 58), [
    '8 11- 150=0 38=1 103- 58-',
    '8 11=d1 150=0 38=1 103- 58-',
    '8 11=d1 150=8 38- 103=6 58=there was an order with this ClOrdID before',
    '8 11=d1 150=I 38=1 103- 58-',
    '8 11=d2 150=0 38=5 103- 58-',
  ]);
  venue.isHeld = true;
  venue.operator({
    type: 'ReplaceOrder',
    userId: 1,
    originalClientOrderId: 51,
    clientOrderId: 60,
    priceTicks: 101,
    qtyLots: 1,
    flags: CommandFlag.UniqueTag,
    clientTag: 'd3',
  });
  client.send('G', fixOrder(client, 'd3', '41=d1|54=1|38=4|40=2|44=9.00|59=1|'));
  await venue.handled(5);
  venue.isHeld = false;
  assert.deepEqual(await told(client, 2, 11, 41, 150, 434, 102), [
    '8 11=d3 41=d1 150=5 434- 102-',
    '9 11=d3 41=d1 150- 434=2 102=6',
  ]);
});

test('a replace that would change what it cannot, and one that the core refuses', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'g1'));
  await client.nextOf(1);
  const bad = ['54=2|38=5|40=2|44=10.00|', '54=1|38=5|40=1|', '54=1|38=5|40=2|44=10.00|59=0|'];
  for (const [index, terms] of bad.entries())
    client.send('G', fixOrder(client, `x${index}`, `41=g1|${terms}`));
  client.send('G', fixOrder(client, 'g2', '41=g1|54=1|38=2000000|40=2|44=10.00|59=1|'));
  client.send('G', fixOrder(client, 'g1', '41=g1|54=1|38=6|40=2|44=10.00|59=1|'));
  assert.deepEqual(await told(client, 5, 11, 41, 39, 434, 102), [
    '9 11=x0 41=g1 39=0 434=2 102=99',
    '9 11=x1 41=g1 39=0 434=2 102=99',
    '9 11=x2 41=g1 39=0 434=2 102=99',
    '9 11=g1 41=g1 39=0 434=2 102=6',
    '9 11=g2 41=g1 39=0 434=2 102=99',
  ]);
});

test('a cancel whose Symbol, Side or Account are not those of the order is refused, as a replace is', async (t) => {
  const venue = await FixVenue.open(t);
  // 4.2 has no "other": it is told "broker / exchange option".
  for (const [begin, other] of [
    ['FIX.4.2', 2],
    ['FIX.4.4', 99],
    ['FIXT.1.1', 99],
  ] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    const id = `a${begin}`;
    client.send('D', fixOrder(client, id, '21=1|54=1|38=1|40=2|44=1.00|1=1|'));
    const [accepted] = await told(client, 1, 37);
    const orderId = accepted.slice('8 '.length);
    const cases = [
      [
        'NOSUCH',
        '54=1|',
        1,
        '101 UNKNOWN_ORDER: no live order with this clientOrderId; Symbol is not that of the order',
      ],
      [
        'BTCFUT',
        '54=1|',
        1,
        '101 UNKNOWN_ORDER: no live order with this clientOrderId; Symbol is not that of the order',
      ],
      ['BTCUSD', '54=2|', other, '200 INVALID_SIDE: side must be buy or sell; Side is not that of the order'],
      ['BTCUSD', '54=5|', other, '200 INVALID_SIDE: side must be buy or sell; Side is not that of the order'],
      ['BTCUSD', '54=1|1=77|', other, '5 UNKNOWN_ACCOUNT: no such account'],
    ] as const;
    for (const [symbol, fields, reason, text] of cases) {
      client.send('F', fixOrder(client, 'x', `41=${id}|${fields}`, symbol));
      assert.deepEqual(
        await told(client, 1, 11, 41, 37, 39, 434, 102, 58),
        [`9 11=x 41=${id} ${orderId} 39=0 434=1 102=${reason} 58=${text}`],
        `${begin} ${symbol} ${fields}`,
      );
    }
    client.send('F', fixOrder(client, `c${begin}`, `41=${id}|54=1|1=1|`));
    assert.deepEqual(await told(client, 1, 11, 41, 150, 39), [`8 11=c${begin} 41=${id} 150=4 39=4`]);
  }
});

test('a cancel whose ClOrdID is that of an order, open or just canceled, is refused', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => `${id}${begin}`);
    client.write([a, b].map((id) => client.message('D', fixOrder(client, id))).join(''));
    await client.nextOf(2);
    client.send('F', fixOrder(client, b, `41=${a}|54=1|`));
    client.send('F', fixOrder(client, a, `41=${a}|54=1|`));
    // One that is still on its way is waited for.
    client.write(
      client.message('D', fixOrder(client, c)) + client.message('F', fixOrder(client, c, `41=${a}|54=1|`)),
    );
    const refused =
      '434=1 102=6 58=103 DUPLICATE_CLIENT_TAG: the user has an order with this text, or had one lately';
    assert.deepEqual(await told(client, 4, 11, 41, 150, 39, 434, 102, 58), [
      `9 11=${b} 41=${a} 150- 39=0 ${refused}`,
      `9 11=${a} 41=${a} 150- 39=0 ${refused}`,
      `8 11=${c} 41- 150=0 39=0 434- 102- 58-`,
      `9 11=${c} 41=${a} 150- 39=0 ${refused}`,
    ]);
    client.send('F', fixOrder(client, d, `41=${b}|54=1|`));
    client.send('F', fixOrder(client, b, `41=${a}|54=1|`));
    assert.deepEqual(await told(client, 2, 11, 41, 150, 39, 434, 102, 58), [
      `8 11=${d} 41=${b} 150=4 39=4 434- 102- 58-`,
      `9 11=${b} 41=${a} 150- 39=0 ${refused}`,
    ]);
  }
});

test('an OrderID names the order: one that is not known is an unknown order, whatever ClOrdID goes with it', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    const [a, b, c, g] = ['a', 'b', 'c', 'g'].map((id) => `${id}${begin}`);
    client.write(
      [a, b].map((id) => client.message('D', fixOrder(client, id, '21=1|54=1|38=5|40=2|44=1.00|'))).join(''),
    );
    const [idOfA, idOfB] = (await told(client, 2, 37)).map((line) => line.slice('8 37='.length));
    const terms = '21=1|54=1|38=4|40=2|44=1.00|';
    // The last one is an order, but not the one with the OrigClOrdID.
    for (const orderId of ['99999', '0', '-1', 'X', '99999999999999999999', idOfB]) {
      client.send('F', fixOrder(client, 'x', `37=${orderId}|41=${a}|54=1|`));
      client.send('G', fixOrder(client, 'y', `37=${orderId}|41=${a}|${terms}`));
      assert.deepEqual(
        await told(client, 2, 11, 41, 37, 39, 434, 102),
        [`9 11=x 41=${a} 37=NONE 39=8 434=1 102=1`, `9 11=y 41=${a} 37=NONE 39=8 434=2 102=1`],
        orderId,
      );
    }
    for (const orderId of ['99999', '0', '-1', 'X']) {
      client.send('H', `37=${orderId}|11=${a}|55=BTCUSD|54=1|`);
      assert.deepEqual(await told(client, 1, 11, 37, 39, 103), [`8 11=${a} 37=NONE 39=8 103=5`], orderId);
    }
    client.send('H', `37=${idOfA}|11=NONE|55=BTCUSD|54=1|`);
    // Reports of refused orders have the OrderID NONE: it is no order's.
    client.send('H', `37=NONE|11=${b}|55=BTCUSD|54=1|`);
    assert.deepEqual(await told(client, 2, 11, 37, 39), [
      `8 11=${a} 37=${idOfA} 39=0`,
      `8 11=${b} 37=${idOfB} 39=0`,
    ]);
    client.send('G', fixOrder(client, g, `37=${idOfA}|41=${a}|${terms}`));
    const [replaced] = await client.nextOf(1);
    assert.equal(pick(replaced, 11, 41, 150, 38), `8 11=${g} 41=${a} 150=5 38=4`);
    const idOfG = pick(replaced, 37).slice('8 37='.length);
    client.send('F', fixOrder(client, c, `37=${idOfG}|41=${g}|54=1|`));
    client.send('H', `37=${idOfG}|11=${g}|55=BTCUSD|54=1|`);
    assert.deepEqual(await told(client, 2, 11, 41, 37, 39), [
      `8 11=${c} 41=${g} 37=${idOfG} 39=4`,
      `8 11=${g} 41- 37=${idOfG} 39=4`,
    ]);
  }
  // An order of another door may have no ClOrdID: its OrderID is its name. Those of others are unknown.
  const [client, other] = [await venue.logOn('U1'), await venue.logOn('U2')];
  const elsewhere = { type: 'NewOrder', userId: 1, instrumentId: 1, side: 1, orderType: 1 } as const;
  venue.operator({ ...elsewhere, timeInForce: 2, priceTicks: 100, qtyLots: 1, clientOrderId: 1_000 });
  const [id] = (await told(client, 1, 37)).map((line) => line.slice('8 37='.length));
  other.send('F', fixOrder(other, 'x', `37=${id}|41=NONE|54=1|`));
  other.send('H', `37=${id}|11=NONE|55=BTCUSD|54=1|`);
  assert.deepEqual(await told(other, 2, 11, 37, 39), ['9 11=x 37=NONE 39=8', '8 11=NONE 37=NONE 39=8']);
  client.send('F', fixOrder(client, 'own', `37=${id}|41=NONE|54=1|`));
  assert.deepEqual(await told(client, 1, 11, 37, 150, 39), [`8 11=own 37=${id} 150=4 39=4`]);
});

test('a cancel or replace that meets the end of its order on the way is too late, as one that comes a moment later', async (t) => {
  const venue = await FixVenue.open(t);
  const bob = await venue.logOn('U2');
  let handled = 0;
  for (const begin of ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const) {
    const ann = await venue.logOn(`U1-${begin}`, { begin });
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((id) => `${id}${begin}`);
    ann.send('D', fixOrder(ann, a, '21=1|54=1|38=1|40=2|44=10.00|'));
    const [orderId] = (await told(ann, 1, 37)).map((line) => line.slice('8 '.length));
    venue.isHeld = true;
    bob.send('D', fixOrder(bob, b, '54=2|38=1|40=2|44=10.00|'));
    await venue.handled(handled + 2);
    ann.send('F', fixOrder(ann, c, `41=${a}|54=1|`));
    ann.send('G', fixOrder(ann, d, `41=${a}|21=1|54=1|38=2|40=2|44=10.00|`));
    await venue.handled(handled + 4);
    venue.isHeld = false;
    await ann.nextOf(1);
    const tooLate = 'no live order with this clientOrderId; it is not open any more';
    const refused = async (): Promise<string[]> => told(ann, 1, 11, 37, 39, 434, 102, 58);
    const answer = (id: string, responseTo: number): string[] => [
      `9 11=${id} ${orderId} 39=2 434=${responseTo} 102=0 58=101 UNKNOWN_ORDER: ${tooLate}`,
    ];
    assert.deepEqual(await refused(), answer(c, 1));
    assert.deepEqual(await refused(), answer(d, 2));
    ann.send('F', fixOrder(ann, e, `41=${a}|54=1|`));
    assert.deepEqual(await refused(), answer(e, 1));
    handled += 5;
  }
  // Also where only the OrderID tells which order it is.
  const ann = await venue.logOn('U1');
  const elsewhere = { type: 'NewOrder', userId: 1, instrumentId: 1, side: 1, orderType: 1 } as const;
  venue.operator({ ...elsewhere, timeInForce: 2, priceTicks: 100, qtyLots: 1, clientOrderId: 1_000 });
  const [id] = (await told(ann, 1, 37)).map((line) => line.slice('8 '.length));
  ann.write(['x', 'y'].map((own) => ann.message('F', fixOrder(ann, own, `${id}|41=NONE|54=1|`))).join(''));
  assert.deepEqual(await told(ann, 2, 11, 41, 37, 39, 102), [
    `8 11=x 41- ${id} 39=4 102-`,
    `9 11=y 41=NONE ${id} 39=4 102=0`,
  ]);
});

test('status: of one order, of one long gone, of an unknown one, and of all that are open', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('AF', '584=m0|585=7|');
  assert.deepEqual(await told(client, 1, 584, 911, 912, 150, 39, 37), [
    '8 584=m0 911=0 912=Y 150=I 39=8 37=NONE',
  ]);
  client.send('D', fixOrder(client, 's1'));
  client.send('D', fixOrder(client, 's2', '54=2|38=3|40=2|44=20.00|'));
  client.send('D', fixOrder(client, 's3', '54=1|38=3|40=2|44=20.00|', 'BTCFUT'));
  await client.nextOf(3);
  client.send('H', '11=s2|55=BTCUSD|54=2|790=q1|');
  assert.deepEqual(await told(client, 1, 11, 17, 150, 39, 38, 790), ['8 11=s2 17=0 150=I 39=0 38=3 790=q1']);
  client.send('H', '11=never|55=BTCUSD|54=1|');
  assert.deepEqual(await told(client, 1, 11, 37, 150, 39, 103), ['8 11=never 37=NONE 150=I 39=8 103=5']);
  client.send('AF', '584=m1|585=7|');
  assert.deepEqual(await told(client, 3, 11, 584, 911, 912, 150), [
    '8 11=s1 584=m1 911=3 912=N 150=I',
    '8 11=s2 584=m1 911=3 912=N 150=I',
    '8 11=s3 584=m1 911=3 912=Y 150=I',
  ]);
  client.send('AF', '584=m2|585=1|55=BTCUSD|54=2|');
  assert.deepEqual(await told(client, 1, 11, 584, 911, 912), ['8 11=s2 584=m2 911=1 912=Y']);
  client.send('AF', '584=m3|585=3|');
  assert.deepEqual(await told(client, 1, 372, 379, 380), ['j 372=AF 379=m3 380=0']);
});

test('a mass cancel reports each order and then the whole', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  for (const id of ['m1', 'm2', 'm3']) client.send('D', fixOrder(client, id, '54=1|38=1|40=2|44=1.00|'));
  client.send('D', fixOrder(client, 'm4', '54=1|38=1|40=2|44=1.00|', 'BTCFUT'));
  await client.nextOf(4);
  client.send('q', `11=c1|530=1|55=BTCUSD|60=${client.time()}|`);
  assert.deepEqual(await told(client, 4, 11, 150, 530, 531, 533), [
    '8 11=m1 150=4 530- 531- 533-',
    '8 11=m2 150=4 530- 531- 533-',
    '8 11=m3 150=4 530- 531- 533-',
    'r 11=c1 150- 530=1 531=1 533=3',
  ]);
  client.send('q', `11=c2|530=7|60=${client.time()}|`);
  assert.deepEqual(await told(client, 2, 11, 531, 533), ['8 11=m4 531- 533-', 'r 11=c2 531=7 533=1']);
  client.send('q', `11=c3|530=3|60=${client.time()}|`);
  client.send('q', `11=c4|530=1|55=NOPE|60=${client.time()}|`);
  assert.deepEqual(await told(client, 2, 11, 531, 532), ['r 11=c3 531=0 532=0', 'r 11=c4 531=0 532=1']);
});

test('a mass cancel or mass status of one side is for that side; of one that no order has, it is refused', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    const [buy, sell] = [`buy${begin}`, `sell${begin}`];
    client.send('D', fixOrder(client, buy, '54=1|38=1|40=2|44=1.00|'));
    client.send('D', fixOrder(client, sell, '54=2|38=1|40=2|44=90.00|'));
    await client.nextOf(2);
    for (const side of ['5', '7']) {
      client.send('q', `11=c${side}|530=1|55=BTCUSD|54=${side}|60=${client.time()}|`);
      client.send('q', `11=d${side}|530=7|54=${side}|60=${client.time()}|`);
      client.send('AF', `584=m${side}|585=7|54=${side}|`);
      assert.deepEqual(await told(client, 3, 11, 37, 530, 531, 532, 533, 372, 379, 380, 58), [
        `r 11=c${side} 37=0 530=1 531=0 532=0 533- 372- 379- 380- 58=Side must be 1 (buy), 2 (sell) or absent`,
        `r 11=d${side} 37=0 530=7 531=0 532=0 533- 372- 379- 380- 58=Side must be 1 (buy), 2 (sell) or absent`,
        `j 11- 37- 530- 531- 532- 533- 372=AF 379=m${side} 380=0 58=Side must be 1 (buy), 2 (sell) or absent`,
      ]);
    }
    client.send('AF', '584=m|585=7|54=2|');
    assert.deepEqual(await told(client, 1, 11, 911), [`8 11=${sell} 911=1`]);
    client.send('q', `11=c1|530=7|54=2|60=${client.time()}|`);
    assert.deepEqual(await told(client, 2, 11, 150, 531, 533), [
      `8 11=${sell} 150=4 531- 533-`,
      'r 11=c1 150- 531=7 533=1',
    ]);
    client.send('q', `11=c2|530=1|55=BTCUSD|54=1|60=${client.time()}|`);
    assert.deepEqual(await told(client, 2, 11, 150, 531, 533), [
      `8 11=${buy} 150=4 531- 533-`,
      'r 11=c2 150- 531=1 533=1',
    ]);
  }
});

test('FIX 4.2 is told in its own words', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1', { begin: 'FIX.4.2' });
  const bob = await venue.logOn('U2');
  client.send('D', fixOrder(client, 'a1', '21=1|54=1|38=5|40=2|44=10.00|59=1|'));
  await client.nextOf(1);
  client.send('G', fixOrder(client, 'a2', '41=a1|21=1|54=1|38=6|40=2|44=10.00|59=1|'));
  assert.deepEqual(await told(client, 1, 11, 20, 150, 39), ['8 11=a2 20=0 150=5 39=5']);
  bob.send('D', fixOrder(bob, 'b1', '54=2|38=2|40=2|44=10.00|59=3|'));
  bob.send('D', fixOrder(bob, 'b2', '54=2|38=4|40=2|44=10.00|59=3|'));
  assert.deepEqual(await told(client, 2, 11, 20, 150, 39), [
    '8 11=a2 20=0 150=1 39=1',
    '8 11=a2 20=0 150=2 39=2',
  ]);
  client.send('H', '11=a2|55=BTCUSD|54=1|');
  assert.deepEqual(await told(client, 1, 11, 17, 20, 150, 39), ['8 11=a2 17=0 20=3 150=2 39=2']);
});
