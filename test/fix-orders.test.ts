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

test('each report of a stop that is New says whether it works: not until it triggers', async (t) => {
  for (const [begin, triggered] of [
    ['FIX.4.2', 'D'],
    ['FIX.4.4', 'D'],
    ['FIXT.1.1', 'L'],
  ] as const) {
    const is42 = begin === 'FIX.4.2';
    const [no, yes] = is42 ? ['-', '-'] : ['=N', '=Y'];
    const venue = await FixVenue.open(t);
    const ann = await venue.logOn('U1', { begin });
    const [bob, cat] = [await venue.logOn('U2'), await venue.logOn('U3')];
    const reports = (count: number): Promise<string[]> => told(ann, count, 11, 150, 39, 636, 911);
    const terms = '21=1|54=1|40=4|99=12.00|44=13.00|';
    const status = is42 ? '0' : 'I';
    ann.send('D', fixOrder(ann, 'a', `38=5|${terms}`));
    ann.send('G', fixOrder(ann, 'b', `41=a|38=3|${terms}`));
    ann.send('H', '11=b|55=BTCUSD|54=1|');
    assert.deepEqual(await reports(3), [
      `8 11=a 150=0 39=0 636${no} 911-`,
      `8 11=b 150=5 39=${is42 ? 5 : 0} 636${no} 911-`,
      `8 11=b 150=${status} 39=0 636${no} 911-`,
    ]);
    if (!is42) {
      ann.send('AF', '584=m|585=7|');
      assert.deepEqual(await reports(1), [`8 11=b 150=I 39=0 636=N 911=1`]);
    }
    // The trade at its stop price takes all that there is.
    bob.send('D', fixOrder(bob, 'x', '54=2|38=1|40=2|44=12.00|'));
    await bob.nextOf(1);
    cat.send('D', fixOrder(cat, 'x', '54=1|38=1|40=2|44=12.00|'));
    await bob.nextOf(1);
    ann.send('H', '11=b|55=BTCUSD|54=1|');
    ann.send('G', fixOrder(ann, 'c', `41=b|38=4|${terms}`));
    assert.deepEqual(await reports(3), [
      `8 11=b 150=${triggered} 39=0 636${yes} 911-`,
      `8 11=b 150=${status} 39=0 636${yes} 911-`,
      `8 11=c 150=5 39=${is42 ? 5 : 0} 636${yes} 911-`,
    ]);
    // What is told of it then is what history has.
    venue.venue.restart();
    ann.send('H', '11=c|55=BTCUSD|54=1|');
    ann.send('F', fixOrder(ann, 'd', '41=c|54=1|'));
    assert.deepEqual(await reports(2), [
      `8 11=c 150=${status} 39=0 636${yes} 911-`,
      `8 11=d 150=4 39=4 636- 911-`,
    ]);
  }
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

test('what the door refuses has an ExecID of its own, on whichever session of the user', async (t) => {
  const venue = await FixVenue.open(t);
  const ids = new Set<string>();
  for (const name of ['U1-ONE', 'U1-TWO']) {
    const client = await venue.logOn(name);
    for (const id of ['a', 'b'])
      client.send('D', fixOrder(client, `${id}${name}`, '54=1|38=1|40=2|44=1.001|'));
    for (const execId of await told(client, 2, 17)) ids.add(execId);
  }
  assert.equal(ids.size, 4, [...ids].join());
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

test('status of an order or a replace that is on its way waits for what becomes of it', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'old', '54=1|38=5|40=2|44=1.00|59=1|'));
  await client.nextOf(1);
  venue.isHeld = true;
  client.send('D', fixOrder(client, 'a1', '54=1|38=5|40=2|44=1.00|59=1|'));
  client.send('G', fixOrder(client, 'new', '41=old|54=1|38=6|40=2|44=1.00|'));
  await venue.handled(3);
  client.send('H', '11=a1|55=BTCUSD|54=1|');
  client.send('H', '11=new|55=BTCUSD|54=1|');
  await client.until(() => client.socket.writableLength === 0);
  venue.isHeld = false;
  assert.deepEqual(await told(client, 4, 11, 150, 39, 38), [
    '8 11=a1 150=0 39=0 38=5',
    '8 11=new 150=5 39=0 38=6',
    '8 11=a1 150=I 39=0 38=5',
    '8 11=new 150=I 39=0 38=6',
  ]);
  // For too long, as in an election of a cluster: nobody knows yet.
  venue.isHeld = true;
  client.send('D', fixOrder(client, 'late', '54=1|38=5|40=2|44=1.00|59=1|'));
  await venue.handled(6);
  venue.venue.nowMs += 6_000;
  venue.venue.desk.sweep();
  client.send('H', '11=late|55=BTCUSD|54=1|');
  assert.deepEqual(await told(client, 1, 58, 372, 379, 380), [
    'j 58=the log has not answered the order yet: ask again later 372=H 379=late 380=4',
  ]);
  venue.isHeld = false;
  assert.deepEqual(await told(client, 1, 11, 150, 39), ['8 11=late 150=0 39=0']);
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
