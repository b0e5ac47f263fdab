import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileFixStore } from '#gateways/fix/store/file-fix-store.ts';
import { until } from '#gateways/fix/test-support.ts';
import { FixVenue, fixOrder, pick, told } from './support/fix-venue.ts';

test('reports are told once over disconnects and restarts of the door, to each session of the user', async (t) => {
  const venue = await FixVenue.open(t);
  const seed = await venue.logOn('U1');
  seed.send('D', fixOrder(seed, 'old'));
  await seed.nextOf(1);
  // A session that is new begins with what happens from then on.
  const two = await venue.logOn('U1-TWO');
  seed.send('D', fixOrder(seed, 'first', '54=1|38=1|40=2|44=3.00|59=1|'));
  assert.deepEqual(await told(two, 1, 11, 17), ['8 11=first 17=1-2']);
  assert.deepEqual(await told(seed, 1, 11, 17), ['8 11=first 17=1-2']);
  two.socket.destroy();
  const bob = await venue.logOn('U2');
  bob.send('D', fixOrder(bob, 'b1', '54=2|38=2|40=2|44=9.00|59=3|'));
  assert.deepEqual(await told(seed, 1, 11, 17, 150), ['8 11=old 17=1-3 150=F']);
  seed.send('F', fixOrder(seed, 'gone', '41=first|54=1|'));
  assert.deepEqual(await told(seed, 1, 11, 17, 150), ['8 11=gone 17=1-4 150=4']);
  await venue.restartDoor();
  bob.socket.destroy();
  const late = await venue.logOn('U2', { next: 3 });
  late.send('D', fixOrder(late, 'b2', '54=2|38=2|40=2|44=9.00|59=3|'));
  await late.nextOf(2);
  // What happened meanwhile, orders as they were after each report: the second session lacks three, the first one.
  const again = await venue.logOn('U1-TWO', { next: 2 });
  assert.deepEqual(await told(again, 3, 11, 17, 150, 39, 14, 151), [
    '8 11=old 17=1-3 150=F 39=1 14=2 151=3',
    '8 11=gone 17=1-4 150=4 39=4 14=0 151=0',
    '8 11=old 17=1-5 150=F 39=1 14=4 151=1',
  ]);
  const back = await venue.logOn('U1', { next: 5 });
  assert.deepEqual(await told(back, 1, 11, 17, 150, 39, 14, 151), ['8 11=old 17=1-5 150=F 39=1 14=4 151=1']);
  // Old messages come again as they were.
  back.send('2', '7=2|16=3|');
  assert.deepEqual(await told(back, 2, 11, 17, 150), ['8 11=old 17=1-1 150=0', '8 11=first 17=1-2 150=0']);
});

test('a copy session gets the reports of its users and may do nothing', async (t) => {
  const venue = await FixVenue.open(t);
  const [ann, bob, copy] = [await venue.logOn('U1'), await venue.logOn('U2'), await venue.logOn('COPY')];
  ann.send('D', fixOrder(ann, 'a1'));
  assert.deepEqual(await told(copy, 1, 1, 11, 17, 797), ['8 1=1 11=a1 17=1-1 797=Y']);
  bob.send('D', fixOrder(bob, 'b1', '54=2|38=5|40=2|44=10.00|59=3|'));
  const trade = await told(copy, 3, 1, 11, 17, 150);
  assert.deepEqual(trade.toSorted(), [
    '8 1=1 11=a1 17=1-2 150=F',
    '8 1=2 11=b1 17=2-1 150=0',
    '8 1=2 11=b1 17=2-2 150=F',
  ]);
  ann.send('D', fixOrder(ann, 'bad', '54=1|38=0|40=2|44=10.00|'));
  assert.deepEqual(await told(copy, 1, 1, 11, 54, 150, 797), ['8 1=1 11=bad 54=7 150=8 797=Y']);
  copy.send('D', fixOrder(copy, 'c1'));
  copy.send('AF', '584=m|585=7|');
  assert.deepEqual(await told(copy, 2, 372, 380), ['j 372=D 380=6', 'j 372=AF 380=6']);
  copy.socket.destroy();
  ann.send('F', fixOrder(ann, 'x', '41=a1|54=1|'));
  ann.send('D', fixOrder(ann, 'a2'));
  await ann.nextOf(5);
  const again = await venue.logOn('COPY', { next: 4 });
  assert.deepEqual(await told(again, 1, 11, 17), ['8 11=a2 17=1-4']);
});

test('what a copy session may not do is refused in the words of each version', async (t) => {
  const venue = await FixVenue.open(t);
  for (const [begin, reason] of [
    // 4.2 has no "not authorised".
    ['FIX.4.2', 0],
    ['FIX.4.4', 6],
    ['FIXT.1.1', 6],
  ] as const) {
    const copy = await venue.logOn(`COPY-${begin}`, { begin });
    copy.send('D', fixOrder(copy, 'd', '21=1|54=1|38=1|40=2|44=1.00|'));
    copy.send('G', fixOrder(copy, 'g', '41=d|21=1|54=1|38=1|40=2|44=1.00|'));
    copy.send('F', fixOrder(copy, 'f', '41=d|54=1|'));
    copy.send('H', '11=d|55=BTCUSD|54=1|');
    const text = '58=a drop copy session is read-only';
    assert.deepEqual(
      await told(copy, 4, 45, 58, 372, 379, 380),
      ['D', 'G', 'F', 'H'].map((type, i) => `j 45=${i + 2} ${text} 372=${type} 379- 380=${reason}`),
    );
  }
});

test('a type of message that the dictionary lacks is invalid, one that the venue alone sends is not supported', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    // Of an indication of interest no version of the dictionary has the fields.
    for (const type of ['6', 'ZZ', '8x']) {
      client.send(type, '23=1|28=N|55=BTCUSD|54=1|27=S|');
      assert.deepEqual(await told(client, 1, 45, 58, 371, 372, 373, 380), [
        `3 45=${client.number - 1} 58=Invalid MsgType 371- 372=${type} 373=11 380-`,
      ]);
    }
    client.send('Y', '262=none|');
    assert.deepEqual(await told(client, 1, 45, 58, 372, 373, 380), [
      `j 45=${client.number - 1} 58=Unsupported Message Type 372=Y 373- 380=3`,
    ]);
    client.send('1', '112=PING|');
    assert.deepEqual(await told(client, 1, 112), ['0 112=PING']);
  }
});

test('a counterparty that refuses what it is told is not refused for that', async (t) => {
  const venue = await FixVenue.open(t);
  for (const begin of ['FIX.4.2', 'FIX.4.4', 'FIXT.1.1'] as const) {
    const client = await venue.logOn(`U1-${begin}`, { begin });
    client.send('Y', '262=none|');
    client.send('j', '45=2|372=j|380=3|58=Unsupported Message Type|');
    client.send('1', '112=PING|');
    assert.deepEqual(await told(client, 2, 372, 380, 112), ['j 372=Y 380=3 112-', '0 372- 380- 112=PING']);
  }
});

test('cancel on disconnect: the end of the connection cancels, and the next one is told', async (t) => {
  const venue = await FixVenue.open(t);
  venue.cancelOnDisconnect = true;
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'a1'));
  await client.nextOf(1);
  client.socket.destroy();
  const again = await venue.logOn('U1', { next: 3 });
  assert.deepEqual(await told(again, 1, 11, 150, 58), ['8 11=a1 150=4 58=cancel on disconnect']);
});

test('a session that another node ended is logged out, and told what became of its orders when it is back', async (t) => {
  const venue = await FixVenue.open(t);
  venue.cancelOnDisconnect = true;
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'a1'));
  await client.nextOf(1);
  venue.operator({ type: 'CloseSession', userId: 1, nodeId: 1, sessionId: 1 });
  const messages: string[] = [];
  for (let message = ''; !message.startsWith('5 '); messages.push(message)) message = await client.next();
  assert.match(
    messages.at(-1) ?? '',
    /58=this node was cut off from the log of the venue, which ended the session: log on again/,
  );
  client.send('5');
  assert.equal(await client.next(), 'end');
  const again = await venue.logOn('U1', { next: client.number });
  // Once, before the Logout or behind the Logon.
  if (messages.length === 1) messages.push(await again.next());
  const [report] = messages.filter((message) => message.startsWith('8 '));
  assert.equal(pick(report, 11, 150, 58), '8 11=a1 150=4 58=cancel on disconnect');
});

test('a user that the desk forgets while its session is opened in the log is loaded again', async (t) => {
  const venue = await FixVenue.open(t);
  venue.isHeld = true;
  const client = await venue.logOn('U1');
  await until(() => venue.lines.includes('session in the log'));
  // The node loses events.
  venue.venue.restart();
  venue.isHeld = false;
  client.send('D', fixOrder(client, 'a1'));
  assert.deepEqual(await told(client, 1, 11, 150), ['8 11=a1 150=0']);
});

test('a counterparty that sends faster than orders are answered is read more slowly, and loses none', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  const count = 3_000;
  venue.isHeld = true;
  for (let i = 0; i < count; i++) client.send('D', fixOrder(client, `n${i}`, '54=1|38=1|40=2|44=1.00|59=3|'));
  await client.until(() => client.socket.writableLength === 0);
  venue.isHeld = false;
  const reports = await told(client, 2 * count, 11, 150);
  const accepted = reports.filter((line) => line.endsWith('150=0'));
  assert.deepEqual(
    accepted,
    Array.from({ length: count }, (_, i) => `8 11=n${i} 150=0`),
  );
});

test('old reports and long answers come at the pace at which they are read', async (t) => {
  const venue = await FixVenue.open(t);
  venue.limits = { bufferedBytesMax: 64 * 1024, chunkBytes: 20 * 1024 };
  await venue.restartDoor();
  const late = await venue.logOn('U1-LATE');
  late.send('AF', '584=m0|585=7|');
  await late.nextOf(1);
  late.socket.destroy();
  const client = await venue.logOn('U1');
  const count = 3_000;
  for (let i = 0; i < count; i++) client.send('D', fixOrder(client, `n${i}`, '54=1|38=1|40=2|44=1.00|'));
  await client.nextOf(count);
  const again = await venue.connect('U1-LATE', { next: 3 });
  again.socket.pause();
  again.send('A', '98=0|108=30|');
  again.send('AF', '584=m1|585=7|');
  await venue.handled(count + 2);
  again.socket.resume();
  await again.nextOf(1);
  const lines = await told(again, 2 * count, 11, 150);
  const accepted = lines.filter((line) => line.endsWith('150=0'));
  assert.deepEqual(
    accepted,
    Array.from({ length: count }, (_, i) => `8 11=n${i} 150=0`),
  );
  assert.equal(lines.filter((line) => line.endsWith('150=I')).length, count);
});

test('events were lost: sessions go on with the report behind the last one', async (t) => {
  const venue = await FixVenue.open(t);
  const client = await venue.logOn('U1');
  client.send('D', fixOrder(client, 'a1'));
  await client.nextOf(1);
  venue.isHeld = true;
  client.send('D', fixOrder(client, 'a2'));
  await venue.handled(2);
  venue.venue.turn();
  venue.venue.restart();
  venue.isHeld = false;
  assert.deepEqual(await told(client, 1, 11, 17), ['8 11=a2 17=1-2']);
});

test('a store from beside another log is not gone on with', async (t) => {
  const venue = await FixVenue.open(t);
  const store = new FileFixStore(join(venue.directory, 'U1'), venue.nowMs, { messageBytesMax: 1_024 });
  store.noteReport(1, 99);
  await store.close();
  const client = await venue.logOn('U1');
  assert.deepEqual(await told(client, 1, 58), ['5 58=the session was told more reports than there are']);
  assert.ok(venue.lines.some((line) => line.includes('its store is of another log: remove it')));
});

test('what the log had not answered when the door ended is asked for again, and happens once', async (t) => {
  const venue = await FixVenue.open(t);
  const before = await venue.logOn('U1');
  before.send('D', fixOrder(before, 'told'));
  await before.nextOf(1);
  venue.isHeld = true;
  before.send('D', fixOrder(before, 'good'));
  before.send('D', fixOrder(before, 'bad', '54=1|38=5|40=2|44=0.01|1=7|'));
  before.send('D', fixOrder(before, 'refused', '54=1|38=100000000|40=2|44=10.00|'));
  before.send('F', fixOrder(before, 'cancel', '41=told|54=1|'));
  await venue.handled(5);
  await venue.restartDoor();
  venue.isHeld = false;
  const after = await venue.connect('U1', { next: 7 });
  after.send('A', '98=0|108=30|');
  // The number of the first order whose answer was not stored.
  const [logon, resend] = await after.nextOf(2);
  assert.match(logon, /^A /);
  assert.match(resend, /^2 \d+ 7=3\|16=0\|/);
  const again = `43=Y|122=${after.time()}|`;
  after.send('D', fixOrder(after, 'good'), 3, again);
  after.send('D', fixOrder(after, 'bad', '54=1|38=5|40=2|44=0.01|1=7|'), 4, again);
  after.send('D', fixOrder(after, 'refused', '54=1|38=100000000|40=2|44=10.00|'), 5, again);
  after.send('F', fixOrder(after, 'cancel', '41=told|54=1|'), 6, again);
  after.send('4', '123=Y|36=8|', 7, again);
  const lines = await told(after, 7, 11, 41, 150, 39);
  assert.deepEqual(lines.toSorted(), [
    '8 11=bad 41- 150=8 39=8',
    '8 11=cancel 41=told 150=4 39=4',
    '8 11=good 41- 150=0 39=0',
    '8 11=good 41- 150=I 39=0',
    '8 11=refused 41- 150=8 39=8',
    '8 11=refused 41- 150=I 39=8',
    '8 11=told 41- 150=I 39=4',
  ]);
  after.send('1', '112=end|', 8);
  assert.match(await after.next(), /^0 \d+ 112=end/);
});
