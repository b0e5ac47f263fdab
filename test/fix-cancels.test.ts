import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVenue, fixOrder, pick, told } from './support/fix-venue.ts';

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
    const fields = [11, 41, 150, 39, 434, 102, 58];
    assert.deepEqual(await told(client, 4, ...fields), [
      `9 11=${b} 41=${a} 150- 39=0 ${refused}`,
      `9 11=${a} 41=${a} 150- 39=0 ${refused}`,
      `8 11=${c} 41- 150=0 39=0 434- 102- 58-`,
      `9 11=${c} 41=${a} 150- 39=0 ${refused}`,
    ]);
    client.send('F', fixOrder(client, d, `41=${b}|54=1|`));
    assert.deepEqual(await told(client, 1, ...fields), [`8 11=${d} 41=${b} 150=4 39=4 434- 102- 58-`]);
    client.send('F', fixOrder(client, b, `41=${a}|54=1|`));
    assert.deepEqual(await told(client, 1, ...fields), [`9 11=${b} 41=${a} 150- 39=0 ${refused}`]);
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
    // The last one is an order, but not the one with the OrigClOrdID; the one before is not how it is called.
    for (const orderId of ['99999', '0', '-1', 'X', '99999999999999999999', `0${idOfA}`, idOfB]) {
      client.send('F', fixOrder(client, 'x', `37=${orderId}|41=${a}|54=1|`));
      client.send('G', fixOrder(client, 'y', `37=${orderId}|41=${a}|${terms}`));
      assert.deepEqual(
        await told(client, 2, 11, 41, 37, 39, 434, 102),
        [`9 11=x 41=${a} 37=NONE 39=8 434=1 102=1`, `9 11=y 41=${a} 37=NONE 39=8 434=2 102=1`],
        orderId,
      );
    }
    for (const orderId of ['99999', '0', '-1', 'X', `0${idOfA}`]) {
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

test('what comes of a request when its answer was given up is told', async (t) => {
  const venue = await FixVenue.open(t);
  const [ann, bob] = [await venue.logOn('U1'), await venue.logOn('U2')];
  for (const id of ['a', 'b']) ann.send('D', fixOrder(ann, id, '54=1|38=1|40=2|44=10.00|'));
  await ann.nextOf(2);
  venue.isHeld = true;
  bob.send('D', fixOrder(bob, 'x', '54=2|38=1|40=2|44=10.00|'));
  await venue.handled(3);
  // Another door has the number that the desk gives next.
  const elsewhere = { type: 'NewOrder', userId: 1, instrumentId: 1, side: 1, orderType: 1 } as const;
  venue.operator({ ...elsewhere, timeInForce: 2, priceTicks: 100, qtyLots: 1, clientOrderId: 3 });
  ann.send('D', fixOrder(ann, 'c'));
  ann.send('F', fixOrder(ann, 'd', '41=a|54=1|'));
  ann.send('G', fixOrder(ann, 'e', '41=a|54=1|38=2|40=2|44=10.00|'));
  ann.send('G', fixOrder(ann, 'f', '41=b|54=1|38=2000000|40=2|44=10.00|'));
  ann.send('q', fixOrder(ann, 'g', '530=7|'));
  await venue.handled(8);
  venue.venue.nowMs += 6_000;
  venue.venue.desk.sweep();
  venue.isHeld = false;
  assert.deepEqual((await told(ann, 6, 11, 41, 150, 39, 434, 102, 103)).slice(2), [
    '8 11=c 41- 150=8 39=8 434- 102- 103=6',
    '9 11=d 41=a 150- 39=2 434=1 102=0 103-',
    '9 11=e 41=a 150- 39=2 434=2 102=0 103-',
    '9 11=f 41=b 150- 39=0 434=2 102=99 103-',
  ]);
  assert.deepEqual(await told(ann, 3, 11, 150, 531, 533), [
    '8 11=b 150=4 531- 533-',
    '8 11- 150=4 531- 533-',
    'r 11=g 150- 531=7 533=2',
  ]);
});

test('a cancel or replace of an order whose answer was given up waits for what becomes of it', async (t) => {
  const venue = await FixVenue.open(t);
  const [client, other] = [await venue.logOn('U1'), await venue.logOn('U2')];
  const order = '54=1|38=1|40=2|44=1.00|59=1|';
  client.send('D', fixOrder(client, 'first', order));
  await client.nextOf(1);
  venue.isHeld = true;
  for (const id of ['late', 'later']) client.send('D', fixOrder(client, id, order));
  await venue.handled(3);
  venue.venue.nowMs += 6_000;
  venue.venue.desk.sweep();
  client.send('F', fixOrder(client, 'c', '41=late|54=1|'));
  client.send('G', fixOrder(client, 'r', '41=later|54=1|38=2|40=2|44=1.00|'));
  await client.until(() => client.socket.writableLength === 0);
  other.send('1', '112=behind|');
  assert.match(await other.next(), /^0 \d+ 112=behind/);
  venue.isHeld = false;
  assert.deepEqual(await told(client, 4, 11, 41, 150, 39), [
    '8 11=late 41- 150=0 39=0',
    '8 11=later 41- 150=0 39=0',
    '8 11=c 41=late 150=4 39=4',
    '8 11=r 41=later 150=5 39=0',
  ]);
});

test('a cancel is answered by its own outcome, whoever else cancels the order', async (t) => {
  const venue = await FixVenue.open(t);
  const [one, two] = [await venue.logOn('U1-ONE'), await venue.logOn('U1-TWO')];
  for (const id of ['a', 'b']) one.send('D', fixOrder(one, id));
  await one.nextOf(2);
  await two.nextOf(2);
  venue.isHeld = true;
  one.send('F', fixOrder(one, 'first', '41=a|54=1|'));
  await venue.handled(3);
  two.send('F', fixOrder(two, 'second', '41=a|54=1|'));
  await venue.handled(4);
  venue.operator({ type: 'CancelOrder', userId: 1, instrumentId: 1, clientOrderId: 2 });
  two.send('F', fixOrder(two, 'third', '41=b|54=1|'));
  await venue.handled(5);
  venue.isHeld = false;
  const canceled = ['8 11=first 41=a 150=4 434- 102-', '8 11=b 41- 150=4 434- 102-'];
  assert.deepEqual(await told(one, 2, 11, 41, 150, 434, 102), canceled);
  assert.deepEqual(await told(two, 4, 11, 41, 150, 434, 102), [
    canceled[0],
    '9 11=second 41=a 150- 434=1 102=0',
    canceled[1],
    '9 11=third 41=b 150- 434=1 102=0',
  ]);
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

test('a cancel or replace of an order that ended long ago is too late', async (t) => {
  const venue = await FixVenue.open(t);
  const other = await venue.logOn('U2');
  other.send('D', fixOrder(other, 'theirs', '54=1|38=1|40=2|44=1.00|59=3|'));
  const [theirs] = await told(other, 2, 37);
  const client = await venue.logOn('U1');
  // More than are kept in memory.
  const ended = Array.from({ length: 140 }, (_, i) => `e${i}`);
  for (const id of ended) client.send('D', fixOrder(client, id, '54=1|38=1|40=2|44=1.00|59=1|'));
  const [first] = await told(client, ended.length, 37);
  for (const id of ended) client.send('F', fixOrder(client, `c${id}`, `41=${id}|54=1|`));
  await client.nextOf(ended.length);
  const asked = [
    ['F', '41=e0|54=1|'],
    ['F', `41=e0|${first.slice('8 '.length)}|54=1|`],
    ['G', '41=e0|54=1|38=2|40=2|44=1.00|'],
    ['F', `41=e1|${first.slice('8 '.length)}|54=1|`],
    ['F', `41=theirs|${theirs.slice('8 '.length)}|54=1|`],
    ['F', '41=theirs|54=1|'],
  ] as const;
  for (const [index, [type, fields]] of asked.entries())
    client.send(type, fixOrder(client, `l${index}`, fields));
  const reject = (index: number, orig: string, to: number, known: boolean): string =>
    `9 11=l${index} 41=${orig} ${known ? first.slice('8 '.length) : '37=NONE'} 39=${known ? 4 : 8} 434=${to} 102=${known ? 0 : 1}`;
  assert.deepEqual(await told(client, asked.length, 11, 41, 37, 39, 434, 102), [
    reject(0, 'e0', 1, true),
    reject(1, 'e0', 1, true),
    reject(2, 'e0', 2, true),
    reject(3, 'e1', 1, false),
    reject(4, 'theirs', 1, false),
    reject(5, 'theirs', 1, false),
  ]);
  client.send('F', fixOrder(client, 'ce0', '41=e0|54=1|'), undefined, '97=Y|');
  assert.deepEqual(await told(client, 1, 11, 150, 39), ['8 11=e0 150=I 39=4']);
  venue.venue.archiveError = new Error('history is behind');
  client.send('F', fixOrder(client, 'l6', '41=e0|54=1|'));
  assert.deepEqual(await told(client, 1, 11, 41, 37, 39, 434, 102), [reject(6, 'e0', 1, false)]);
});

test('a replace that may come for the second time is told the status of what it made, however long ago that ended', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  const replace = (id: string): string => fixOrder(client, id, '41=old|54=1|38=2|40=2|44=1.00|59=1|');
  client.send('D', fixOrder(client, 'old', '54=1|38=1|40=2|44=1.00|59=1|'));
  client.send('G', replace('new'));
  client.send('F', fixOrder(client, 'end', '41=new|54=1|'));
  await client.nextOf(3);
  // More than are kept in memory.
  const ended = Array.from({ length: 140 }, (_, i) => `e${i}`);
  for (const id of ended) client.send('D', fixOrder(client, id, '54=1|38=1|40=2|44=1.00|59=3|'));
  await client.nextOf(2 * ended.length);
  client.send('G', replace('new'), undefined, '97=Y|');
  client.send('G', replace('new'), undefined, `43=Y|122=${client.time()}|`);
  client.send('G', replace('other'), undefined, '97=Y|');
  assert.deepEqual(await told(client, 3, 11, 41, 150, 39, 434, 102), [
    '8 11=new 41- 150=I 39=4 434- 102-',
    '8 11=new 41- 150=I 39=4 434- 102-',
    '9 11=other 41=old 150- 39=4 434=2 102=0',
  ]);
});
