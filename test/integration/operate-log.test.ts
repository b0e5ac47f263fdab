import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { OuchClient } from '#app/ouch-client.ts';
import { fixLogon } from '../support/fix-logon.ts';
import { PASSWORD, type RestClient, RestNode } from '../support/rest-node.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const REASON = 'a drill';
const ENDED = `the venue ended the session: ${REASON}`;

test('operations see the log, the life of an order and sessions, and end sessions', {
  timeout: 120_000,
}, async (t) => {
  const venue = await RestNode.start(t);
  const [alice, bob, operations] = await Promise.all(
    ['U1', 'U2', 'operations'].map((name) => venue.logIn(name)),
  );
  const url = `${venue.url.replace('http', 'ws')}/ws/v1`;
  const follow = async (name: string): Promise<WebSocketClient> => {
    const client = await WebSocketClient.connect(t, url);
    const { body } = await venue.anybody.post('/login', { name, password: PASSWORD });
    await client.auth(body.token);
    return client;
  };
  const place = async (who: RestClient, order: object): Promise<Message> => {
    const limit = { symbol: 'BTCUSD', type: 'limit' };
    const { status, body } = await who.post('/orders', { ...limit, ...order });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };

  await t.test('log: entries as they happen, with values as REST has them', async () => {
    const client = await follow('operations');
    assert.equal((await client.result('subscribe', { channel: 'log' })).channel, 'log');
    const first = await client.next('log');
    assert.ok(first.entries.length > 0 && first.entries.length <= 20);
    assert.equal(first.sequence, first.entries.at(-1).sequence);
    const { sequence } = await place(alice, {
      side: 'buy',
      price: '10.00',
      quantity: '5',
      clientOrderId: 'a-1',
    });
    let entry: Message;
    while (entry === undefined) {
      const { entries } = await client.next('log');
      entry = entries.find((one: Message) => one.sequence === sequence);
    }
    const [command] = entry.commands;
    assert.deepEqual([command.command, command.userId, command.userName], ['NewOrder', 1, 'U1']);
    const { symbol, price, quantity, side, type, clientOrderId } = command.values;
    assert.deepEqual(
      { symbol, price, quantity, side, type, clientOrderId },
      { symbol: 'BTCUSD', price: '10.00', quantity: '5', side: 'buy', type: 'limit', clientOrderId: 'a-1' },
    );
    assert.deepEqual(
      entry.events.map((event: Message) => event.event),
      ['OrderAccepted', 'OrderRested'],
    );
    assert.equal(entry.eventCount, 2);
    // From a sequence on: the same entry comes first.
    await client.result('unsubscribe', { channel: 'log' });
    await client.result('subscribe', { channel: 'log', from: sequence });
    const again = await client.take(
      ({ channel, entries }) => channel === 'log' && entries[0]?.sequence === sequence,
    );
    assert.deepEqual(again.entries[0].commands, entry.commands);
    await client.result('unsubscribe', { channel: 'log' });
    const { code } = await client.error('subscribe', { channel: 'log', from: sequence + 100_000 });
    assert.equal(code, 'invalid-request');
    // Nothing that somebody could log in with.
    await client.result('subscribe', { channel: 'log', from: 1 });
    const text = JSON.stringify(await client.next('log'));
    assert.match(text, /AddUser/);
    assert.doesNotMatch(text, /salt|passwordHash|verifier|07070707/);
    const trader = await follow('U1');
    for (const channel of ['log', 'sessions'])
      assert.equal((await trader.error('subscribe', { channel })).code, 'not-permitted');
  });

  await t.test('timeline: the whole chain from any of its orders, and who sees what', async () => {
    const placed = await place(alice, { side: 'buy', price: '11.00', quantity: '10', clientOrderId: 'a-2' });
    const replaced = await alice.put(`/orders/${placed.order.orderId}`, {
      price: '12.00',
      newClientOrderId: 'a-3',
    });
    const sold = await place(bob, { side: 'sell', price: '12.00', quantity: '4', clientOrderId: 'b-1' });
    const { orderId } = replaced.body.order;
    const refused = await alice.put(`/orders/${orderId}`, { quantity: '99999999' });
    assert.equal(refused.status >= 400, true);
    const canceled = await operations.delete(`/admin/orders?accountId=1&reason=stop`);
    assert.equal(canceled.status, 200, JSON.stringify(canceled.body));
    const atSequence = canceled.body.sequence;
    const path = (id: number): string => `/admin/orders/${id}/timeline?atSequence=${atSequence}`;
    const lives = await Promise.all(
      [placed.order.orderId, orderId].map(async (id) => (await operations.get(path(id))).body),
    );
    assert.deepEqual(lives[0], lives[1]);
    const [life] = lives;
    assert.equal(life.complete, true, JSON.stringify(life));
    assert.deepEqual(
      life.orders.map((order: Message) => [order.orderId, order.status]),
      [
        [placed.order.orderId, 'replaced'],
        [orderId, 'canceled'],
      ],
    );
    const told = life.steps.map(({ command, events }: Message) => [
      command?.command,
      command?.userName,
      ...events.map(({ event }: Message) => event),
    ]);
    assert.deepEqual(told, [
      ['NewOrder', 'U1', 'OrderAccepted'],
      ['ReplaceOrder', 'U1', 'OrderReplaced'],
      ['NewOrder', 'U2', 'Trade'],
      ['ReplaceOrder', 'U1', 'CommandRejected'],
      ['CancelOrdersOfOthers', 'operations', 'OrderCanceled'],
    ]);
    assert.equal(life.steps[2].events[0].values.takerOrderId, sold.order.orderId);
    // The owner sees its own side alone.
    const own = (await alice.get(path(orderId))).body;
    assert.deepEqual(
      own.steps.map(({ command }: Message) => command?.command),
      ['NewOrder', 'ReplaceOrder', undefined, 'ReplaceOrder', undefined],
    );
    const trade = own.steps[2].events[0].values;
    assert.equal(trade.makerOrderId, orderId);
    assert.deepEqual(
      Object.keys(trade).filter((name) => name.startsWith('taker')),
      [],
    );
    assert.equal((await bob.get(path(orderId))).body.code, 'UNKNOWN_ORDER');
  });

  await t.test('timeline: stops, icebergs and pairs, as far as each of them goes', async () => {
    const sell = { side: 'sell', type: 'limit' };
    const iceberg = await place(alice, {
      ...sell,
      price: '20.00',
      quantity: '10',
      displayQuantity: '4',
      clientOrderId: 'ice',
    });
    const pairStop = await place(alice, {
      side: 'sell',
      type: 'stop',
      stopPrice: '11.00',
      quantity: '3',
      ocoClientOrderId: 'ice',
      clientOrderId: 'pair',
    });
    const bobStop = await place(bob, {
      side: 'buy',
      type: 'stop-limit',
      stopPrice: '20.00',
      price: '20.00',
      quantity: '6',
    });
    const hit = await place(bob, { side: 'buy', price: '20.00', quantity: '2' });
    const { body } = await alice.delete('/orders?symbol=BTCUSD');
    const lifeOf = async (id: number): Promise<Message> =>
      (await operations.get(`/admin/orders/${id}/timeline?atSequence=${body.sequence}`)).body;
    const eventsOf = ({ steps }: Message): string[] =>
      steps.map(({ command, events }: Message) =>
        [command?.command ?? '-', ...events.map(({ event }: Message) => event)].join(' '),
      );
    assert.equal(hit.order.status, 'filled', JSON.stringify(hit));
    const stop = await lifeOf(bobStop.order.orderId);
    assert.deepEqual(eventsOf(stop), ['NewOrder OrderAccepted', 'NewOrder OrderTriggered Trade Trade']);
    assert.deepEqual(
      [stop.steps[1].command.userName, stop.orders[0].triggered, stop.orders[0].status],
      ['U2', true, 'filled'],
    );
    const ice = await lifeOf(iceberg.order.orderId);
    assert.deepEqual(eventsOf(ice), [
      'NewOrder OrderAccepted',
      'NewOrder Trade Trade Trade',
      'MassCancel OrderCanceled',
    ]);
    assert.equal(ice.steps[0].events[0].values.displayQuantity, '4');
    const pair = await lifeOf(pairStop.order.orderId);
    assert.deepEqual(eventsOf(pair), ['NewOrder OrderAccepted', 'NewOrder OrderCanceled']);
    assert.equal(pair.steps[1].events[0].values.cancelReason, 'one-cancels-other');
    assert.equal(pair.steps[1].command.userName, 'U2');
    assert.deepEqual([stop.complete, ice.complete, pair.complete], [true, true, true]);
  });

  await t.test('sessions: all doors are seen, and ended with the reason', async () => {
    const client = await follow('operations');
    await client.result('subscribe', { channel: 'sessions' });
    assert.equal((await client.next('sessions')).type, 'snapshot');
    const opened = async (userName: string, door: string): Promise<Message> => {
      for (;;) {
        const { opened = [] } = await client.take(
          ({ channel, type }) => channel === 'sessions' && type === 'changes',
        );
        const found = opened.find((one: Message) => one.userName === userName && one.door === door);
        if (found !== undefined) return found;
      }
    };
    const end = async (session: Message): Promise<void> => {
      const { nodeId, sessionId, userId } = session;
      const path = `/admin/sessions/${nodeId}/${sessionId}?userId=${userId}&reason=${encodeURIComponent(REASON)}`;
      assert.equal((await alice.delete(path)).body.code, 'not-permitted');
      const other = await operations.delete(path.replace(`userId=${userId}`, 'userId=3'));
      assert.equal(other.body.code, 'UNKNOWN_SESSION');
      const { status, body } = await operations.delete(path);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal((await operations.delete(path)).body.code, 'UNKNOWN_SESSION');
    };
    const ouchPort = venue.node.ouchPort as number;
    const ouch = await OuchClient.connect(
      { port: ouchPort, username: 'U1', password: PASSWORD, sequenceNumber: 1 },
      () => {},
    );
    const ouchEnded = assert.rejects(
      ouch.next(() => false),
      (error: Error) => error.message.includes(ENDED),
    );
    await end(await opened('U1', 'ouch'));
    await ouchEnded;

    const browser = await follow('U2');
    const session = await opened('U2', 'websocket');
    assert.equal(session.cancelOnDisconnect, false);
    await end(session);
    assert.deepEqual(await browser.closed, { code: 4005, reason: ENDED });

    const fix = connect(venue.node.edgePorts['fix'], '127.0.0.1');
    const received = { text: '' };
    fix.on('data', (data) => (received.text += data.toString()));
    fix.write(fixLogon('U2'));
    await end(await opened('U2', 'fix'));
    while (!received.text.includes('35=5')) await once(fix, 'data');
    assert.ok(received.text.includes(`58=${ENDED}`));
    fix.destroy();
    const { items } = (await operations.get('/admin/actions?command=EndSession')).body;
    assert.deepEqual([...new Set(items.map(({ reason }: Message) => reason))], [REASON]);
  });
});

test('an entry whose bytes are damaged is said to be, and the log of the node says where', {
  timeout: 120_000,
}, async (t) => {
  const venue = await RestNode.start(t, undefined, {}, /^a request needs what is damaged: /);
  const [alice, operations] = await Promise.all(['U1', 'operations'].map((name) => venue.logIn(name)));
  const limit = { symbol: 'BTCUSD', type: 'limit', side: 'buy', price: '10.00', quantity: '5' };
  const { status, body } = await alice.post('/orders', limit);
  assert.equal(status, 200);
  const { sequence, order } = body;
  assert.equal((await operations.get(`/log/${sequence}`)).status, 200);
  // The archive has read the entry before it is damaged: it would end at it.
  while ((await operations.get(`/admin/orders/${order.orderId}/timeline`)).status !== 200);
  const directory = join(venue.directory, 'log');
  const [name] = readdirSync(directory).sort();
  const path = join(directory, name);
  const bytes = readFileSync(path);
  // In the first record, behind the header of the segment.
  bytes[64 + 40] ^= 1;
  writeFileSync(path, bytes);
  for (const question of [`/log/${sequence}`, `/admin/orders/${order.orderId}/timeline`]) {
    const damaged = await operations.get(question);
    assert.deepEqual([damaged.status, damaged.body.code, damaged.body.retry], [503, 'log-damaged', false]);
    // Clients are told no path.
    assert.ok(!JSON.stringify(damaged.body).includes(venue.directory));
    const line = venue.errors.find((error) => error.includes(String(damaged.body.instance)));
    assert.match(String(line), /: offset \d+: .*"Damage"/);
    assert.ok(String(line).includes(`"file":${JSON.stringify(path)},"offset":`));
  }
});
