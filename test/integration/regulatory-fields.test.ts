import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { PASSWORD, RestNode } from '../support/rest-node.ts';
import { type Message, WebSocketClient } from '../support/websocket-client.ts';

const BUY = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '5', price: '10.00' } as const;
const FIRST = {
  capacity: 'AOTC',
  directElectronicAccess: true,
  liquidityProvision: true,
  client: 'PNAL',
  investmentDecision: { code: 4_294_967_295, by: 'algorithm' },
  executionDecision: { code: 'NORE' },
  nonExecutingBroker: 77,
} as const;
const SECOND = { client: 5, executionDecision: { code: 6, by: 'person' } } as const;
const TELLS = ['clientOrderId', 'status', 'regulatory'];

/** What of an order a test looks at; what is absent stays so. */
function told(order: Message): Message {
  return Object.fromEntries(Object.entries(order).filter(([name]) => TELLS.includes(name)));
}

test('what orders say for the authority, over REST and WebSocket', { timeout: 120_000 }, async (t) => {
  const venue = await RestNode.start(t);
  const [ann, bob] = [await venue.logIn('U1'), await venue.logIn('U2')];
  const [operations, compliance] = [await venue.logIn('operations'), await venue.logIn('compliance')];
  const url = `${venue.url.replace('http', 'ws')}/ws/v1`;
  const connect = async (name?: string): Promise<WebSocketClient> => {
    const client = await WebSocketClient.connect(t, url);
    if (name === undefined) return client;
    const { body } = await venue.anybody.post('/login', { name, password: PASSWORD });
    await client.auth(body.token);
    return client;
  };
  const annClient = await connect('U1');

  await t.test('a new order and its replaces: said, kept, said anew', async () => {
    const placed = await ann.post('/orders', { ...BUY, clientOrderId: 'a-1', regulatory: FIRST });
    assert.equal(placed.status, 200, JSON.stringify(placed.body));
    const kept = await ann.put('/orders/by-client-order-id/a-1', { price: '9.00', newClientOrderId: 'a-2' });
    const anew = await annClient.result('order.replace', {
      clientOrderId: 'a-2',
      price: '8.00',
      newClientOrderId: 'a-3',
      regulatory: SECOND,
    });
    const plain = await ann.post('/orders', { ...BUY, clientOrderId: 'plain' });
    assert.deepEqual([kept.status, plain.status], [200, 200]);
    const expected = [
      { clientOrderId: 'plain', status: 'open' },
      { clientOrderId: 'a-3', status: 'open', regulatory: SECOND },
      { clientOrderId: 'a-2', status: 'replaced', regulatory: FIRST },
      { clientOrderId: 'a-1', status: 'replaced', regulatory: FIRST },
    ];
    assert.deepEqual((await ann.get('/orders')).body.items.map(told), expected);
    assert.deepEqual((await ann.get('/orders/open')).body.items.map(told), expected.slice(0, 2));
    for (const { clientOrderId, ...order } of expected) {
      const { body } = await ann.get(`/orders/by-client-order-id/${clientOrderId}`);
      assert.deepEqual(told(body), { clientOrderId, ...order });
      const { order: asked } = await annClient.result('order.get', { clientOrderId });
      assert.deepEqual(told(asked), { clientOrderId, ...order });
      const { body: byId } = await compliance.get(`/orders/${body.orderId}`);
      assert.deepEqual(told(byId), { clientOrderId, ...order });
    }
    const path = `/admin/orders/${anew.order.orderId}/timeline?atSequence=${plain.body.sequence}`;
    for (const asker of [ann, operations]) {
      const { body } = await asker.get(path);
      assert.deepEqual(body.orders.map(told), expected.slice(1).reverse());
      const said = body.steps.map(({ command }: Message) => [
        command.command,
        command.regulatory,
        Object.keys(command.values).filter((name) => /Code$|Capacity|regulatory/.test(name)),
      ]);
      assert.deepEqual(said, [
        ['NewOrder', FIRST, []],
        ['ReplaceOrder', undefined, []],
        ['ReplaceOrder', SECOND, []],
      ]);
    }
  });

  await t.test('nobody else sees it: no other trader, no public channel', async () => {
    const publicClient = await connect();
    const channels = ['book.BTCUSD', 'trades.BTCUSD', 'ticker.BTCUSD'];
    for (const channel of channels) await publicClient.result('subscribe', { channel });
    const sent = { ...BUY, price: '11.00', clientOrderId: 'seen', regulatory: { client: 987_654 } };
    const placed = await annClient.result('order.place', sent);
    const { body: sold } = await bob.post('/orders', { ...BUY, side: 'sell', price: '11.00' });
    const published: Message[] = [];
    for (const channel of channels) {
      const isOfOrder = (message: Message) =>
        message.channel === channel && /11\.00/.test(JSON.stringify(message));
      published.push(await publicClient.take(isOfOrder));
    }
    const { orderId } = placed.order;
    for (const path of [`/orders/${orderId}`, `/admin/orders/${orderId}/timeline`]) {
      const { status, body } = await bob.get(`${path}?atSequence=${sold.sequence}`);
      assert.deepEqual([status, body.code], [404, 'UNKNOWN_ORDER']);
    }
    assert.equal((await bob.get('/orders?accountId=1')).status, 403);
    const timeline = await bob.get(
      `/admin/orders/${sold.order.orderId}/timeline?atSequence=${sold.sequence}`,
    );
    const others = [
      timeline.body,
      (await bob.get(`/orders?atSequence=${sold.sequence}`)).body,
      (await bob.get(`/fills?atSequence=${sold.sequence}`)).body,
      (await bob.get(`/trades?symbol=BTCUSD&atSequence=${sold.sequence}`)).body,
      published,
    ];
    assert.doesNotMatch(JSON.stringify(others), /987654|regulatory/);
    assert.deepEqual((await ann.get(`/orders/${orderId}?atSequence=${sold.sequence}`)).body.regulatory, {
      client: 987_654,
    });
  });

  await t.test('a refused order is found with what it said', async () => {
    const { body } = await ann.post('/orders', {
      ...BUY,
      quantity: '1000001',
      clientOrderId: 'refused',
      regulatory: FIRST,
    });
    assert.equal(body.code, 'INVALID_QUANTITY');
    const found = await ann.get(`/orders/by-client-order-id/refused?atSequence=${body.sequence}`);
    assert.deepEqual(told(found.body), { clientOrderId: 'refused', status: 'rejected', regulatory: FIRST });
  });

  await t.test('a refused replace is found too, with the order that it named', async () => {
    const { order } = (await ann.post('/orders', { ...BUY, clientOrderId: 'stays' })).body;
    const { body } = await ann.put(`/orders/${order.orderId}`, {
      quantity: '1000001',
      newClientOrderId: 'not-this',
      regulatory: SECOND,
    });
    assert.equal(body.code, 'INVALID_QUANTITY');
    const path = '/orders/by-client-order-id';
    const found = await ann.get(`${path}/not-this?atSequence=${body.sequence}`);
    const { side, type, timeInForce, originalOrderId, quantity } = found.body;
    assert.deepEqual(
      [found.status, told(found.body), side, type, timeInForce, originalOrderId, quantity],
      [
        200,
        { clientOrderId: 'not-this', status: 'rejected', regulatory: SECOND },
        ...['buy', 'limit', 'good-till-cancel', order.orderId, '1000001'],
      ],
    );
  });

  await t.test(
    'what is not allowed is refused with the field and what is allowed, at both doors',
    async () => {
      const code = 'an integer from 1 to 4294967295';
      const client = `must be ${code}, or AGGR (several clients), or PNAL (not allocated yet): whom the order is for (field 3)`;
      const execution = `must be ${code}, or NORE (the client): who decided how (field 5)`;
      const cases: [regulatory: unknown, field: string, allowed: string][] = [
        [7, '', 'must be an object'],
        [{ capacity: 'deal' }, '.capacity', 'must be one of DEAL, MTCH, AOTC'],
        [{ capacity: 1 }, '.capacity', 'must be one of DEAL, MTCH, AOTC'],
        [{ directElectronicAccess: 1 }, '.directElectronicAccess', 'must be a boolean'],
        ...[0, -1, 1.5, 4_294_967_296, '5', 'NORE', 'aggr', null].map((value): [unknown, string, string] => [
          { client: value },
          '.client',
          client,
        ]),
        [{ executionDecision: { code: 'AGGR' } }, '.executionDecision.code', execution],
        [{ executionDecision: { by: 'person' } }, '.executionDecision.code', `is missing: it ${execution}`],
        [
          { investmentDecision: { code: 1, by: 'machine' } },
          '.investmentDecision.by',
          'must be one of person, algorithm',
        ],
        [{ investmentDecision: { code: 'NORE' } }, '.investmentDecision.code', 'must be an integer'],
        [{ nonExecutingBroker: 0 }, '.nonExecutingBroker', 'must be >= 1'],
        [{ nonExecutingBroker: 4_294_967_296 }, '.nonExecutingBroker', 'must be <= 4294967295'],
        [
          { investmentDecision: { code: 1, name: 'x' } },
          '.investmentDecision.name',
          'is unknown: known are code, by',
        ],
        [
          { clientCode: 1 },
          '.clientCode',
          'is unknown: known are capacity, directElectronicAccess, liquidityProvision, client, investmentDecision, executionDecision, nonExecutingBroker',
        ],
      ];
      for (const [regulatory, path, allowed] of cases) {
        const field = `regulatory${path}`;
        const problem = {
          code: 'invalid-request',
          detail: `${field} ${allowed}`,
          errors: [{ field, allowed }],
        };
        const of = ({ code, detail, errors }: Message) => ({ code, detail, errors });
        const posted = await ann.post('/orders', { ...BUY, regulatory });
        assert.deepEqual([posted.status, of(posted.body)], [400, problem]);
        const put = await ann.put('/orders/1', { price: '9.00', regulatory });
        assert.deepEqual([put.status, of(put.body)], [400, problem]);
        assert.deepEqual(of(await annClient.error('order.place', { ...BUY, regulatory })), problem);
        assert.deepEqual(of(await annClient.error('order.replace', { orderId: 1, regulatory })), problem);
      }
    },
  );

  await t.test(
    'a replace that would say nothing is refused, at both doors, and the order stays',
    async () => {
      const { order } = (await ann.post('/orders', { ...BUY, clientOrderId: 'keeps', regulatory: SECOND }))
        .body;
      const field = 'regulatory';
      const allowed =
        'of a replace must say something: leave it out to keep what the order said, which cannot be taken back to nothing';
      const problem = {
        code: 'invalid-request',
        detail: `${field} ${allowed}`,
        errors: [{ field, allowed }],
      };
      const of = ({ code, detail, errors }: Message) => ({ code, detail, errors });
      const { orderId } = order;
      for (const regulatory of [{}, { directElectronicAccess: false, liquidityProvision: false }]) {
        const terms = { price: '9.00', regulatory };
        const put = await ann.put(`/orders/${orderId}`, terms);
        assert.deepEqual([put.status, of(put.body)], [400, problem]);
        assert.deepEqual(of(await annClient.error('order.replace', { orderId, ...terms })), problem);
        const placed = await ann.post('/orders', { ...BUY, regulatory });
        assert.equal(placed.status, 200, 'of a new order it says nothing');
      }
      const { body } = await ann.get(`/orders/${orderId}`);
      assert.deepEqual(told(body), { clientOrderId: 'keeps', status: 'open', regulatory: SECOND });
    },
  );

  await t.test('history that is written anew from the log has the same', async () => {
    const verified = await runCli(['history', 'verify', '--data-dir', venue.directory]);
    assert.equal(verified.status, 0, verified.stderr);
  });
});
