import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type RestClient, RestNode } from '../support/rest-node.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

const reason = 'a test';

async function socketOf(t: TestContext, venue: RestNode, login?: string): Promise<WebSocketClient> {
  const client = await WebSocketClient.connect(t, `${venue.url.replace('http', 'ws')}/ws/v1`);
  if (login !== undefined) {
    const { body } = await venue.anybody.post('/login', { name: login, password: 'secret' });
    await client.auth(body.token);
  }
  return client;
}

/** The public document; it is there a moment after the start. */
async function statusOf({ url, checker }: RestNode) {
  for (;;) {
    const { status, body } = await checker.fetch(`${url}/status.json`);
    // biome-ignore lint/suspicious/noExplicitAny: compared as it is
    if (status === 200) return body as any;
    assert.equal(status, 503);
    await setTimeout(50);
  }
}

const order = (symbol: string, side: string, price: string, quantity: string) => ({
  symbol,
  side,
  type: 'limit',
  price,
  quantity,
});

async function placed(trader: RestClient, ...args: Parameters<typeof order>): Promise<number> {
  const { status, body } = await trader.post('/orders', order(...args));
  assert.equal(status, 200, JSON.stringify(body));
  return body.order.orderId;
}

test('risk: accounts with least headroom first, as REST and the channel tell it', {
  timeout: 60_000,
}, async (t) => {
  const venue = await RestNode.start(t);
  const [ann, bob, risk] = [await venue.logIn('U1'), await venue.logIn('U2'), await venue.logIn('risk')];
  const limits = {
    ordersMax: 4,
    positionLotsMax: 10,
    openValueMinorMax: 100_000,
    orderQtyLotsMax: 50,
    reason,
  };
  assert.equal((await risk.put('/admin/accounts/1/limits', limits)).status, 200);
  assert.equal((await risk.put('/admin/accounts/2/limits', { ordersMax: 10, reason })).status, 200);

  await placed(bob, 'BTCFUT', 'sell', '10.00', '6');
  await placed(ann, 'BTCFUT', 'buy', '10.00', '6');
  const resting = await placed(ann, 'BTCUSD', 'buy', '9.00', '20');
  await ann.put(`/orders/${resting}`, { price: '9.50', quantity: '20' });
  const gone = await placed(ann, 'BTCUSD', 'buy', '8.00', '1');
  await ann.delete(`/orders/${gone}`);
  const refused = await ann.post('/orders', order('BTCUSD', 'buy', '1.00', '51'));
  assert.equal(refused.body.code, 'ORDER_QUANTITY_LIMIT');
  const { body: killed } = await risk.put('/admin/kill-switch', {
    scope: 'account',
    accountId: 3,
    engaged: true,
    reason,
  });
  const atSequence = killed.sequence;

  const { body: view } = await risk.get(`/admin/risk/accounts?atSequence=${atSequence}`);
  assert.deepEqual(
    view.items.map(({ accountId, headroom, killed }: { [name: string]: unknown }) => [
      accountId,
      headroom,
      killed,
    ]),
    [
      [1, '0.4000', false],
      [2, '0.9999', false],
      [3, '1.0000', true],
    ],
  );
  assert.deepEqual([view.accountCount, view.venueKilled], [3, false]);
  const [first, second] = view.items;
  assert.deepEqual(first.limits, [
    { name: 'ordersMax', limit: 4, used: 1, headroom: '0.7500' },
    { name: 'orderQtyLotsMax', limit: 50 },
    { name: 'positionLotsMax', limit: 10, used: 6, headroom: '0.4000', symbol: 'BTCFUT' },
    { name: 'openValueMinorMax', limit: 100_000, used: 19_000, headroom: '0.8100', asset: 'USD' },
  ]);
  assert.deepEqual(first.exposure, [
    { asset: 'USD', positions: '60.00', openOrders: '190.00', total: '250.00' },
  ]);
  assert.equal(first.openOrders, 1);
  assert.deepEqual(first.activity, {
    orders: 3,
    replaces: 1,
    cancels: 1,
    trades: 1,
    rejects: 1,
    orderToTradeRatio: '4.00',
  });
  assert.deepEqual(
    [first.margin.asset, first.margin.used, second.positions[0].quantity],
    ['USD', '0.60', '-6'],
  );
  assert.deepEqual(
    view.rejects.map(({ code, count }: { [name: string]: unknown }) => [code, count]),
    [['ORDER_QUANTITY_LIMIT', 1]],
  );

  const { body: one } = await risk.get(`/admin/risk/accounts?accountId=2&atSequence=${atSequence}`);
  assert.deepEqual(one.items, [second]);
  const { body: least } = await risk.get(`/admin/risk/accounts?limit=1&atSequence=${atSequence}`);
  assert.deepEqual([least.items.length, least.items[0].accountId, least.accountCount], [1, 1, 3]);

  const trader = await socketOf(t, venue, 'U1');
  assert.equal((await trader.error('subscribe', { channel: 'risk' })).code, 'not-permitted');
  const client = await socketOf(t, venue, 'risk');
  await client.result('subscribe', { channel: 'risk' });
  const told = await client.take(({ channel, risk }) => channel === 'risk' && risk.sequence >= atSequence);
  assert.deepEqual([told.type, told.risk.items], ['risk', view.items]);
  await ann.delete(`/orders?symbol=BTCUSD`);
  await client.take(({ channel, risk }) => channel === 'risk' && risk.items[0].openOrders === 0);
});

test('risk: where a limit was lowered the headroom says how much more is used than allowed', {
  timeout: 60_000,
}, async (t) => {
  const venue = await RestNode.start(t);
  const [ann, risk] = [await venue.logIn('U1'), await venue.logIn('risk')];
  for (const price of ['9.00', '9.01', '9.02']) await placed(ann, 'BTCUSD', 'buy', price, '1');
  const headrooms: unknown[] = [];
  for (const openValueMinorMax of [2_000, 1_000, 1]) {
    const limits = { ordersMax: 1, openValueMinorMax, reason };
    const { body } = await risk.put('/admin/accounts/1/limits', limits);
    const { body: view } = await risk.get(`/admin/risk/accounts?accountId=1&atSequence=${body.sequence}`);
    const [account] = view.items;
    headrooms.push([
      account.headroom,
      ...account.limits.map((limit: { headroom: string }) => limit.headroom),
    ]);
  }
  assert.deepEqual(headrooms, [
    ['-2.0000', '-2.0000', '-0.3515'],
    ['-2.0000', '-2.0000', '-1.7030'],
    ['-2702.0000', '-2.0000', '-2702.0000'],
  ]);
});

test('status: for anybody, by HTTP and WebSocket, with what operations write', {
  timeout: 60_000,
}, async (t) => {
  const venue = await RestNode.start(t);
  const first = await statusOf(venue);
  assert.deepEqual([first.version, first.state, first.node, first.lacking], [1, 'operational', 1, []]);
  assert.deepEqual(
    first.components.map(({ name, state }: { [name: string]: unknown }) => `${name} ${state}`),
    ['order-entry', 'matching', 'market-data', 'rest', 'web-socket', 'fix', 'log', 'archive'].map(
      (name) => `${name} operational`,
    ),
  );

  const anybody = await socketOf(t, venue);
  await anybody.result('subscribe', { channel: 'status' });
  const told = await anybody.next('status');
  const reasons = told.status.components.flatMap((component: { reason?: string }) => component.reason ?? []);
  assert.deepEqual(reasons, []);
  assert.deepEqual([told.type, told.status.state], ['status', 'operational']);

  const operations = await venue.logIn('operations');
  const compliance = await venue.logIn('compliance');
  const incident = {
    severity: 'major',
    components: ['log', 'order-entry'],
    title: 'Orders are slow',
    reason,
  };
  const posted = await operations.post('/admin/incidents', { ...incident, text: 'We are looking into it.' });
  assert.equal(posted.status, 200, JSON.stringify(posted.body));
  const { incidentId } = posted.body;
  const shown = await anybody.take(
    ({ channel, status }) => channel === 'status' && status.incidents.length === 1,
  );
  assert.deepEqual(shown.status.incidents[0].components, ['order-entry', 'log']);
  const update = {
    state: 'resolved',
    severity: 'minor',
    text: 'A disk was full. It is not any more.',
    reason,
  };
  assert.equal((await operations.put(`/admin/incidents/${incidentId}`, update)).status, 200);
  await anybody.take(
    ({ channel, status }) => channel === 'status' && status.incidents[0]?.state === 'resolved',
  );

  const { body: page } = await compliance.get('/admin/incidents');
  const [{ posts, openedTime, updatedTime, ...newest }] = page.items;
  assert.deepEqual(newest, {
    incidentId,
    state: 'resolved',
    severity: 'minor',
    components: ['order-entry', 'log'],
    title: 'Orders are slow',
  });
  assert.ok(openedTime < updatedTime);
  assert.deepEqual(
    posts.map(({ state, severity, text }: { [name: string]: unknown }) => [state, severity, text]),
    [
      ['resolved', 'minor', 'A disk was full. It is not any more.'],
      ['investigating', 'major', 'We are looking into it.'],
    ],
  );
  assert.deepEqual((await statusOf(venue)).incidents, page.items);

  const again = await operations.post('/admin/incidents', { ...incident, incidentId, text: 'again' });
  assert.deepEqual([again.status, again.body.code], [409, 'ALREADY_EXISTS']);
  const other = await operations.post('/admin/incidents', { ...incident, incidentId: 8, text: 'another' });
  assert.equal(other.body.incidentId, 8);
  const { body: newer } = await compliance.get('/admin/incidents?limit=1');
  assert.deepEqual([newer.items[0].incidentId, newer.items.length], [8, 1]);
  const { body: older } = await compliance.get(`/admin/incidents?limit=1&cursor=${newer.cursor}`);
  assert.deepEqual([older.items[0].incidentId, older.cursor], [incidentId, undefined]);
  const unknown = await operations.put('/admin/incidents/9', update);
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'not-found']);
  assert.equal((await compliance.post('/admin/incidents', { ...incident, text: 'no' })).status, 403);

  const admin = await venue.logIn('admin');
  await admin.put('/admin/kill-switch', { scope: 'venue', engaged: true, reason });
  const stopped = await anybody.take(
    ({ channel, status }) =>
      channel === 'status' &&
      status.components.some(
        ({ name, state }: { name: string; state: string }) => name === 'matching' && state === 'degraded',
      ),
  );
  assert.equal(stopped.status.state, 'degraded');
  const matching = stopped.status.components.find(({ name }: { name: string }) => name === 'matching');
  assert.deepEqual(matching.reason, 'the kill switch of the venue refuses new orders');
});
