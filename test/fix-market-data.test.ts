import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixVenue, fixOrder, pick, told } from './support/fix-venue.ts';

test('market data: snapshot, changes that make the next snapshot, trades, and refusals', async (t) => {
  const venue = await FixVenue.open(t);
  const ann = await venue.logOn('U1');
  ann.send('D', fixOrder(ann, 'a1', '54=1|38=5|40=2|44=10.00|'));
  ann.send('D', fixOrder(ann, 'a2', '54=1|38=3|40=2|44=9.50|'));
  ann.send('D', fixOrder(ann, 'a3', '54=2|38=2|40=2|44=11.00|'));
  await ann.nextOf(3);
  const viewer = await venue.logOn('U3', { begin: 'FIXT.1.1' });
  const ask = '264=0|265=1|267=3|269=0|269=1|269=2|146=1|55=BTCUSD|';
  viewer.send('V', `262=r1|263=1|${ask}`);
  assert.match(
    await viewer.next(),
    /^W 2 1181=\d+\|262=r1\|1021=2\|55=BTCUSD\|268=3\|269=0\|270=10.00\|271=5\|346=1\|269=0\|270=9.50\|271=3\|346=1\|269=1\|270=11.00\|271=2\|346=1\|$/,
  );
  const bob = await venue.logOn('U2');
  bob.send('D', fixOrder(bob, 'b1', '54=2|38=5|40=2|44=10.00|59=3|'));
  const trade = await viewer.next();
  assert.match(trade, /^X 3 1181=\d+\|1350=\d+\|262=r1\|1021=2\|268=2\|279=2\|269=0\|55=BTCUSD\|270=10.00\|/);
  assert.match(
    trade,
    /\|279=0\|269=2\|278=1\|55=BTCUSD\|270=10.00\|271=5\|272=\d{8}\|273=\d\d:\d\d:\d\d\.\d{3}\|$/,
  );
  ann.send('D', fixOrder(ann, 'a4', '54=1|38=1|40=2|44=9.50|'));
  assert.match(await viewer.next(), /\|268=1\|279=1\|269=0\|55=BTCUSD\|270=9.50\|271=4\|346=2\|$/);
  viewer.send('V', '262=r2|263=0|264=1|267=1|269=0|146=2|55=BTCUSD|55=BTCFUT|');
  assert.deepEqual(await told(viewer, 2, 262, 55, 268, 270), [
    'W 262=r2 55=BTCUSD 268=1 270=9.50',
    'W 262=r2 55=BTCFUT 268=0 270-',
  ]);
  const refused = [
    ['262=r1|263=1|264=0|267=1|269=0|146=1|55=BTCUSD|', '1'],
    ['262=x|263=0|264=0|267=1|269=0|146=1|55=NOPE|', '0'],
    ['262=x|263=0|264=101|267=1|269=0|146=1|55=BTCUSD|', '5'],
    ['262=x|263=0|264=0|267=1|269=7|146=1|55=BTCUSD|', '8'],
    ['262=x|263=0|264=0|266=N|267=1|269=0|146=1|55=BTCUSD|', '7'],
  ] as const;
  for (const [fields, reason] of refused) {
    viewer.send('V', fields);
    assert.deepEqual(await told(viewer, 1, 281), [`Y 281=${reason}`], fields);
  }
  viewer.send('V', `262=r1|263=2|${ask}`);
  ann.send('D', fixOrder(ann, 'a5', '54=1|38=1|40=2|44=9.00|'));
  viewer.send('1', '112=PING|');
  assert.match(await viewer.next(), /^0 \d+ 112=PING/);
});

test('market data in 5.0 SP2: each change names the message before, whatever is not shown and however many it takes', async (t) => {
  const venue = await FixVenue.open(t);
  const viewer = await venue.logOn('U3', { begin: 'FIXT.1.1' });
  viewer.send('V', '262=best|263=1|264=1|265=1|267=1|269=0|146=1|55=BTCUSD|');
  viewer.send('V', '262=book|263=1|264=0|265=1|267=2|269=0|269=1|146=1|55=BTCUSD|');
  const last = new Map<string, string>();
  const follow = async (count: number): Promise<string[]> => {
    const seen: string[] = [];
    for (const message of await viewer.nextOf(count)) {
      const [, sequence = '', previous, reqId = ''] =
        /1181=(\d+)\|(?:1350=(\d+)\|)?262=(\w+)\|/.exec(message) ?? [];
      assert.equal(previous, last.get(reqId), message);
      last.set(reqId, sequence);
      seen.push(`${reqId} ${pick(message, 268)}`);
    }
    return seen;
  };
  assert.deepEqual(await follow(2), ['best W 268=0', 'book W 268=0']);
  const ann = await venue.logOn('U1');
  // Who sees the best bid only is told nothing of the second and the third.
  let orders = 0;
  const enter = (side: number, price: string): void =>
    ann.send('D', fixOrder(ann, `o${++orders}`, `54=${side}|38=1|40=2|44=${price}|`));
  for (const [side, price] of [
    [1, '5.00'],
    [1, '4.00'],
    [2, '9.00'],
    [1, '6.00'],
  ] as const) {
    enter(side, price);
    await ann.nextOf(1);
  }
  const one = 'book X 268=1';
  assert.deepEqual(await follow(6), ['best X 268=1', one, one, one, 'best X 268=2', one]);
  venue.isHeld = true;
  for (let cents = 10; cents < 70; cents++) {
    enter(1, `7.${cents}`);
    enter(2, `8.${cents}`);
  }
  await venue.handled(126);
  venue.isHeld = false;
  assert.deepEqual(await follow(3), ['best X 268=2', 'book X 268=100', 'book X 268=20']);
});

test('instruments and their phases can be asked for, and changes of phase are sent', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('x', '320=l1|559=4|');
  assert.equal(
    await client.next(),
    'y 2 320=l1|322=l1|560=0|393=2|893=Y|146=2|55=BTCUSD|15=USD|561=1|562=1|58=tick 0.01|55=BTCFUT|15=USD|561=1|562=1|58=tick 0.01|',
  );
  client.send('x', '320=l2|559=0|55=NOPE|');
  client.send('x', '320=l3|559=1|');
  assert.deepEqual(await told(client, 2, 320, 560), ['y 320=l2 560=2', 'y 320=l3 560=1']);
  // The list cannot be followed.
  for (const [subscription, answer] of [
    ['0', '560=0 393=2'],
    ['1', '560=1 393-'],
    ['2', '560=1 393-'],
  ]) {
    client.send('x', `320=s${subscription}|559=4|263=${subscription}|`);
    assert.deepEqual(await told(client, 1, 320, 560, 393), [`y 320=s${subscription} ${answer}`]);
  }
  client.send('g', '335=t1|336=BTCUSD|263=1|');
  assert.deepEqual(await told(client, 1, 335, 336, 325, 340, 58), [
    'h 335=t1 336=BTCUSD 325=N 340=2 58=continuous',
  ]);
  venue.operator({ type: 'SetPhase', instrumentId: 1, phase: 6 });
  assert.deepEqual(await told(client, 1, 335, 336, 325, 340, 58), [
    'h 335=t1 336=BTCUSD 325=Y 340=1 58=halted',
  ]);
  client.send('g', '335=t2|336=NOPE|263=0|');
  assert.deepEqual(await told(client, 1, 372, 379, 380), ['j 372=g 379=t2 380=1']);
});

test('a request for phases is ended by its id', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    client.send('g', '335=spot|336=BTCUSD|263=1|');
    client.send('g', '335=future|336=BTCFUT|263=1|');
    await client.nextOf(2);
    client.send('g', '335=spot|263=2|');
    client.send('g', '335=none|336=BTCFUT|263=2|');
    client.send('1', '112=PING|');
    assert.match(await client.next(), /^0 \d+ 112=PING/);
    for (const phase of [6, 3])
      for (const instrumentId of [1, 2]) venue.operator({ type: 'SetPhase', instrumentId, phase });
    for (let text = ''; text !== 'h 335=future 58=opening auction'; ) {
      [text = ''] = await told(client, 1, 335, 58);
      assert.match(text, /^h 335=future /);
    }
  }
});

test('each request for phases is answered by its id, until that is ended, as are requests for market data', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    const phases = async (count: number) => (await told(client, count, 335, 325, 58)).sort();
    for (const [reqId, symbol] of [
      ['one', '336=BTCUSD|'],
      ['two', '336=BTCUSD|'],
      ['all', ''],
    ]) {
      client.send('g', `335=${reqId}|${symbol}263=1|`);
      const texts = Array(symbol === '' ? 2 : 1).fill(`h 335=${reqId} 325=N 58=continuous`);
      assert.deepEqual(await phases(texts.length), texts);
    }
    for (const subscription of [0, 1]) {
      client.send('g', `335=two|336=BTCFUT|263=${subscription}|`);
      assert.deepEqual(await told(client, 1, 372, 379, 380), ['j 372=g 379=two 380=0']);
    }
    venue.operator({ type: 'SetPhase', instrumentId: 1, phase: 6 });
    assert.deepEqual(await phases(3), [
      'h 335=all 325=Y 58=halted',
      'h 335=one 325=Y 58=halted',
      'h 335=two 325=Y 58=halted',
    ]);
    client.send('g', '335=one|263=2|');
    client.send('g', '335=all|263=2|');
    client.send('1', '112=PING|');
    assert.match(await client.next(), /^0 \d+ 112=PING/);
    for (const phase of [3, 4]) venue.operator({ type: 'SetPhase', instrumentId: 1, phase });
    for (let text = ''; text !== 'h 335=two 325=Y 58=continuous'; ) {
      [text = ''] = await told(client, 1, 335, 325, 58);
      assert.match(text, /^h 335=two /);
    }
  }
});

test('a session has at most 256 requests for phases', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  const follow = (reqId: string) => client.send('g', `335=${reqId}|336=BTCUSD|263=1|`);
  for (let request = 0; request < 256; request++) {
    follow(`r${request}`);
    await client.next();
  }
  follow('more');
  assert.deepEqual(await told(client, 1, 372, 379, 380), ['j 372=g 379=more 380=0']);
  client.send('g', '335=r7|263=2|');
  follow('more');
  assert.deepEqual(await told(client, 1, 335, 325), ['h 335=more 325=N']);
});

test('a session has at most 256 streams of market data, of each symbol one; what is asked for once is none', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  const ask = (reqId: string, type: number, symbols = '146=1|55=BTCUSD|'): void =>
    client.send('V', `262=${reqId}|263=${type}|264=1|265=1|267=1|269=0|${symbols}`);
  const both = '146=2|55=BTCUSD|55=BTCFUT|';
  for (let request = 0; request < 127; request++) {
    ask(`r${request}`, 1, both);
    await client.nextOf(2);
  }
  ask('one', 1);
  ask('two', 1, both);
  ask('last', 1);
  ask('more', 1);
  ask('once', 0);
  assert.deepEqual(await told(client, 5, 262, 281), [
    'W 262=one 281-',
    'Y 262=two 281=2',
    'W 262=last 281-',
    'Y 262=more 281=2',
    'W 262=once 281-',
  ]);
  ask('r7', 2, both);
  ask('two', 1, both);
  ask('more', 1);
  assert.deepEqual(await told(client, 3, 262, 281), ['W 262=two 281-', 'W 262=two 281-', 'Y 262=more 281=2']);
});

test('events were lost: market data begins with a snapshot again', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'a1'));
  await client.nextOf(1);
  client.send('V', '262=r1|263=1|264=0|265=1|267=2|269=0|269=1|146=1|55=BTCUSD|');
  await client.nextOf(1);
  venue.venue.restart();
  assert.deepEqual(await told(client, 1, 262, 268, 270, 271), ['W 262=r1 268=1 270=10.00 271=5']);
});

test('events were lost: trades begin with a snapshot again, and those between are not told', async (t) => {
  const venue = await FixVenue.open(t);
  const ann = await venue.logOn('U1');
  const bob = await venue.logOn('U2');
  const viewer = await venue.logOn('U3');
  ann.send('D', fixOrder(ann, 'a1', '54=1|38=6|40=2|44=10.00|59=1|'));
  await ann.nextOf(1);
  viewer.send('V', '262=t|263=1|264=0|265=1|267=1|269=2|146=1|55=BTCUSD|');
  assert.deepEqual(await told(viewer, 1, 262, 268), ['W 262=t 268=0']);
  const sell = (id: string, qty: number): void =>
    bob.send('D', fixOrder(bob, id, `54=2|38=${qty}|40=2|44=10.00|59=3|`));
  sell('b1', 1);
  assert.deepEqual(await told(viewer, 1, 269, 278, 271), ['X 269=2 278=1 271=1']);
  venue.isHeld = true;
  sell('b2', 2);
  await venue.handled(4);
  venue.venue.turn();
  venue.venue.restart();
  venue.isHeld = false;
  assert.deepEqual(await told(viewer, 1, 262, 268, 269, 271), ['W 262=t 268=1 269=2 271=1']);
  sell('b3', 3);
  assert.deepEqual(await told(viewer, 1, 269, 278, 271), ['X 269=2 278=3 271=3']);
});
