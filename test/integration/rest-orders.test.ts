import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpStatusOfReject, type RejectName, Rejects } from '#domain/rejects.ts';
import { send } from '../support/random-flow.ts';
import { type Answer, type RestClient, RestNode, steady } from '../support/rest-node.ts';

const BUY = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '5', price: '10.00' } as const;

/** The problem of a reject: what it must be by the table. */
function rejected(name: RejectName) {
  const { code, meaning, transient } = Rejects[name];
  const status = HttpStatusOfReject[name];
  return {
    status,
    body: {
      type: `/errors/${name}`,
      title: meaning,
      status,
      detail: meaning,
      instance: 'I',
      code: name,
      rejectCode: code,
      retry: transient,
      sequence: 'S',
    },
  };
}

function shown({ status, body }: Answer) {
  return { status, body: steady(body) };
}

function brief({ status, body }: Answer): string {
  if (status !== 200) return `${status} ${body.code}: ${body.detail}`;
  const { order, isRepeat, canceledOrders } = body;
  if (order === undefined) return `200 canceled ${canceledOrders}`;
  const { clientOrderId, symbol, status: is, side, quantity, price, leavesQuantity } = order;
  return `200 ${isRepeat ? 'repeat ' : ''}${clientOrderId ?? '-'} ${symbol} ${is} ${side} ${quantity} at ${price ?? 'market'} leaves ${leavesQuantity}`;
}

test('orders over REST', { timeout: 120_000 }, async (t) => {
  const venue = await RestNode.start(t);
  const [ann, bob] = [await venue.logIn('U1'), await venue.logIn('U2')];

  await t.test('the answer is the order as it is in the log, with its sequence', async () => {
    const answer = await ann.post('/orders', { ...BUY, clientOrderId: 'first' });
    assert.deepEqual(shown(answer), {
      status: 200,
      body: {
        sequence: 'S',
        isRepeat: false,
        order: {
          orderId: answer.body.order.orderId,
          clientOrderId: 'first',
          clientOrderNumber: 1,
          accountId: 1,
          userId: 1,
          symbol: 'BTCUSD',
          status: 'open',
          side: 'buy',
          type: 'limit',
          timeInForce: 'good-till-cancel',
          postOnly: false,
          price: '10.00',
          quantity: '5',
          leavesQuantity: '5',
          cumQuantity: '0',
          cumAmount: '0.00',
          fee: '0.00',
          time: 'T',
          sequence: 'S',
          updateTime: 'T',
          updateSequence: 'S',
        },
      },
    });
    const compliance = await venue.logIn('compliance');
    const { body: entry } = await compliance.get(`/log/${answer.body.sequence}`);
    assert.equal(entry.commands.find(({ type }: { type: string }) => type === 'NewOrder').clientTag, 'first');
    const { orderId } = answer.body.order;
    assert.deepEqual((await ann.get(`/orders/${orderId}`)).body, answer.body.order);
    assert.equal(
      brief(await ann.delete(`/orders/${orderId}`)),
      '200 first BTCUSD canceled buy 5 at 10.00 leaves 0',
    );
    assert.equal((await ann.delete(`/orders/${orderId}`)).status, 404);
  });

  await t.test('a repeat is answered with the order that was there: on its way, open, finished', async () => {
    const order = { ...BUY, clientOrderId: 'again' };
    const together = await Promise.all([1, 2, 3].map(() => ann.post('/orders', order)));
    assert.deepEqual(together.map(({ body }) => body.isRepeat).sort(), [false, true, true]);
    const [{ orderId }] = together.map(({ body }) => body.order);
    assert.ok(together.every(({ body }) => body.order.orderId === orderId));
    // The terms of a repeat are not looked at.
    const open = await ann.post('/orders', { ...order, quantity: '9' });
    assert.equal(brief(open), '200 repeat again BTCUSD open buy 5 at 10.00 leaves 5');
    assert.equal(brief(await bob.post('/orders', order)), '200 again BTCUSD open buy 5 at 10.00 leaves 5');
    await bob.delete('/orders/by-client-order-id/again');
    await ann.delete('/orders/by-client-order-id/again');
    const finished = await ann.post('/orders', order);
    assert.equal(brief(finished), '200 repeat again BTCUSD canceled buy 5 at 10.00 leaves 0');
    assert.equal(finished.body.order.orderId, orderId);
    assert.equal(finished.body.sequence, finished.body.order.sequence);
  });

  await t.test('what was rejected never was: its clientOrderId is good for another order', async () => {
    const order = { ...BUY, clientOrderId: 'retry', quantity: '1000001' };
    assert.deepEqual(shown(await ann.post('/orders', order)), rejected('INVALID_QUANTITY'));
    assert.equal(
      brief(await ann.post('/orders', { ...order, quantity: '1' })),
      '200 retry BTCUSD open buy 1 at 10.00 leaves 1',
    );
    assert.equal((await ann.get('/orders/by-client-order-id/retry')).body.status, 'open');
    await ann.delete('/orders');
  });

  await t.test('every order type', async () => {
    const sell = { ...BUY, side: 'sell', price: '11.00', quantity: '20', clientOrderId: 'maker' };
    await bob.post('/orders', { ...sell, displayQuantity: '4' });
    const shapes = [
      { ...BUY, price: '11.00', timeInForce: 'immediate-or-cancel', quantity: '2' },
      { ...BUY, price: '11.00', timeInForce: 'fill-or-kill', quantity: '100' },
      { ...BUY, postOnly: true, price: '11.00' },
      { symbol: 'BTCUSD', side: 'buy', type: 'market', quantity: '1' },
      { ...BUY, type: 'stop-limit', stopPrice: '12.00', price: '12.50' },
      { symbol: 'BTCUSD', side: 'buy', type: 'stop', stopPrice: '12.00', quantity: '3' },
      { ...BUY, price: '11.00', quantity: '9', minQuantity: '9', timeInForce: 'day' },
      { ...BUY, timeInForce: 'good-till-date', expireTime: '2099-01-01T00:00:00Z' },
      { ...BUY, selfTradePrevention: 'cancel-oldest' },
    ];
    const answers: string[] = [];
    for (const shape of shapes) answers.push(brief(await ann.post('/orders', shape)));
    assert.deepEqual(answers, [
      '200 - BTCUSD filled buy 2 at 11.00 leaves 0',
      '200 - BTCUSD canceled buy 100 at 11.00 leaves 0',
      '200 - BTCUSD canceled buy 5 at 11.00 leaves 0',
      '200 - BTCUSD filled buy 1 at market leaves 0',
      '200 - BTCUSD open buy 5 at 12.50 leaves 5',
      '200 - BTCUSD open buy 3 at market leaves 3',
      '200 - BTCUSD filled buy 9 at 11.00 leaves 0',
      '200 - BTCUSD open buy 5 at 10.00 leaves 5',
      '200 - BTCUSD open buy 5 at 10.00 leaves 5',
    ]);
    assert.equal(brief(await ann.delete('/orders?side=sell')), '200 canceled 0');
    assert.equal(brief(await ann.delete('/orders?symbol=BTCFUT')), '200 canceled 0');
    assert.equal(brief(await ann.delete('/orders?symbol=BTCUSD&side=buy')), '200 canceled 4');
    assert.equal(brief(await bob.delete('/orders')), '200 canceled 1');
  });

  await t.test(
    'a replace changes what it names, keeps the rest, and counts once by newClientOrderId',
    async () => {
      const { body } = await ann.post('/orders', { ...BUY, clientOrderId: 'a' });
      const path = `/orders/${body.order.orderId}`;
      const change = { price: '9.50', newClientOrderId: 'b' };
      const replaced = await ann.put(path, change);
      assert.equal(brief(replaced), '200 b BTCUSD open buy 5 at 9.50 leaves 5');
      assert.equal(replaced.body.order.originalOrderId, body.order.orderId);
      assert.equal(brief(await ann.put(path, change)), '200 repeat b BTCUSD open buy 5 at 9.50 leaves 5');
      assert.equal(
        brief(await ann.put('/orders/by-client-order-id/a', change)),
        '200 repeat b BTCUSD open buy 5 at 9.50 leaves 5',
      );
      assert.deepEqual(shown(await ann.put(path, { price: '9.00' })), rejected('UNKNOWN_ORDER'));
      // Without another name it keeps the one that it has.
      const kept = await ann.put('/orders/by-client-order-id/b', { quantity: '3' });
      assert.equal(brief(kept), '200 b BTCUSD open buy 3 at 9.50 leaves 3');
      assert.equal(
        brief(await ann.delete('/orders/by-client-order-id/b')),
        '200 b BTCUSD canceled buy 3 at 9.50 leaves 0',
      );
      assert.equal((await bob.put(path, change)).body.code, 'UNKNOWN_ORDER');
    },
  );

  await t.test(
    'one cancels other: the partner by its clientOrderId, also while it is on its way',
    async () => {
      const partner = { ...BUY, clientOrderId: 'take' };
      const linked = { ...BUY, price: '9.00', clientOrderId: 'leave', ocoClientOrderId: 'take' };
      const [first, second] = await Promise.all([ann.post('/orders', partner), ann.post('/orders', linked)]);
      assert.equal(first.status, 200);
      if (second.status !== 200) assert.equal((await ann.post('/orders', linked)).status, 200);
      await bob.post('/orders', { ...BUY, side: 'sell', quantity: '1' });
      assert.equal(
        (await ann.get('/orders/by-client-order-id/leave')).body.cancelReason,
        'one-cancels-other',
      );
      // A repeat is one, whatever has become of its partner.
      assert.equal((await ann.post('/orders', linked)).body.isRepeat, true);
      assert.deepEqual(
        shown(await ann.post('/orders', { ...BUY, ocoClientOrderId: 'nobody' })),
        rejected('OCO_PARTNER_UNUSABLE'),
      );
      const both = await ann.post('/orders', { ...BUY, ocoClientOrderId: 'take', ocoClientOrderNumber: 1 });
      assert.equal(
        brief(both),
        '400 invalid-request: ocoClientOrderNumber must not be given beside ocoClientOrderId',
      );
      await ann.delete('/orders');
    },
  );

  await t.test('fields that do not fit the instrument are named', async () => {
    const faults = [
      [
        { ...BUY, price: '10.001' },
        '400 invalid-request: price must be 1 to 2147483647 whole ticks of BTCUSD',
      ],
      [{ ...BUY, price: '0' }, '400 invalid-request: price must be 1 to 2147483647 whole ticks of BTCUSD'],
      [
        { ...BUY, quantity: '0.5' },
        '400 invalid-request: quantity must be 1 to 1099511627776 whole lots of BTCUSD',
      ],
      [
        { ...BUY, symbol: 'NONE' },
        '404 UNKNOWN_INSTRUMENT: there is no instrument NONE: /api/v1/instruments lists them',
      ],
      [{ ...BUY, side: 'up' }, '400 invalid-request: side must be one of buy, sell'],
      [
        { ...BUY, price: 10 },
        '400 invalid-request: price must be of limit and stop-limit orders: a decimal that is a multiple of the tick size',
      ],
    ] as const;
    for (const [order, answer] of faults) assert.equal(brief(await ann.post('/orders', order)), answer);
  });

  await t.test('every reject that an order can provoke', () => rejects(venue, ann, bob));
});

/** Each with the status, number and meaning of the table, and the entry of the log that has it. */
async function rejects(venue: RestNode, ann: RestClient, bob: RestClient): Promise<void> {
  const admin = await venue.logIn('admin');
  const operations = await venue.logIn('operations');
  const risk = await venue.logIn('risk');
  const reason = 'test of rejects';
  const done = async (answer: Promise<Answer>) => assert.equal((await answer).status, 200);
  const limits = (fields: object) => done(risk.put('/admin/accounts/1/limits', { ...fields, reason }));
  const kill = (fields: object, engaged: boolean) =>
    done(risk.put('/admin/kill-switch', { ...fields, engaged, reason }));
  const phase = (name: string) => done(risk.put('/admin/instruments/BTCUSD/phase', { phase: name, reason }));
  const expect = async (name: RejectName, fields: object, order: object = BUY) =>
    assert.deepEqual(shown(await ann.post('/orders', { ...order, ...fields })), rejected(name), name);

  await expect('INVALID_TIME_IN_FORCE', {
    type: 'market',
    timeInForce: 'good-till-cancel',
    price: undefined,
  });
  await expect('INVALID_FLAGS', { postOnly: true, timeInForce: 'immediate-or-cancel' });
  await expect('INVALID_PRICE', { price: undefined });
  await expect('INVALID_STOP_PRICE', { stopPrice: '9.00' });
  await expect('INVALID_QUANTITY', { quantity: '1000001' });
  await expect('INVALID_DISPLAY_QUANTITY', { displayQuantity: '6' });
  await expect('INVALID_MINIMUM_QUANTITY', { minQuantity: '6' });
  await expect('INVALID_EXPIRY', { timeInForce: 'good-till-date', expireTime: '2020-01-01T00:00:00Z' });
  await expect('INSUFFICIENT_FUNDS', { price: '21474836.47', quantity: '1000000' });

  await kill({ scope: 'venue' }, true);
  await expect('KILL_SWITCH_VENUE', {});
  await kill({ scope: 'venue' }, false);
  await kill({ scope: 'instrument', symbol: 'BTCUSD' }, true);
  await expect('KILL_SWITCH_INSTRUMENT', {});
  await kill({ scope: 'instrument', symbol: 'BTCUSD' }, false);
  await kill({ scope: 'account', accountId: 1 }, true);
  await expect('KILL_SWITCH_ACCOUNT', {});
  await kill({ scope: 'account', accountId: 1 }, false);
  await kill({ scope: 'user', userId: 1 }, true);
  await expect('KILL_SWITCH_USER', {});
  await kill({ scope: 'user', userId: 1 }, false);
  await phase('halted');
  await expect('PHASE', {});
  await phase('continuous');

  await limits({ ordersMax: 1 });
  await done(ann.post('/orders', BUY));
  await expect('TOO_MANY_OPEN_ORDERS', {});
  await limits({ orderQtyLotsMax: 4 });
  await expect('ORDER_QUANTITY_LIMIT', {});
  await limits({ orderValueMinorMax: 4_999 });
  await expect('ORDER_VALUE_LIMIT', {});
  await limits({ openValueMinorMax: 9_999 });
  await expect('OPEN_VALUE_LIMIT', {});
  await limits({ positionLotsMax: 4 });
  await expect('POSITION_LIMIT', { symbol: 'BTCFUT' });
  await limits({ messagesPerSecondMax: 1 });
  const flood = await Promise.all([1, 2, 3, 4].map(() => ann.post('/orders', BUY)));
  assert.ok(flood.some(({ body }) => body.code === 'THROTTLED'));
  await limits({});
  await done(
    operations.post('/admin/instruments', {
      symbol: 'COLLAR',
      kind: 'margined',
      quoteAsset: 'USD',
      tickSize: '0.01',
      lotSize: '1',
      maxQuantity: '1000000',
      initialMargin: '1000000.00',
      collar: '0.1',
      referencePrice: '10.00',
      reason,
    }),
  );
  await done(
    operations.post('/admin/instruments', {
      symbol: 'GUARDED',
      kind: 'margined',
      quoteAsset: 'USD',
      tickSize: '0.01',
      lotSize: '1',
      maxQuantity: '1000000',
      marketProtection: '0.1',
      reason,
    }),
  );
  await expect('NO_REFERENCE_PRICE', { symbol: 'GUARDED', type: 'market', price: undefined });
  await expect('PRICE_COLLAR', { symbol: 'COLLAR', price: '20.00' });
  await expect('INSUFFICIENT_MARGIN', { symbol: 'COLLAR', quantity: '1000000' });
  await done(
    operations.post('/admin/instruments', {
      symbol: 'COSTLY',
      kind: 'margined',
      quoteAsset: 'USD',
      tickSize: '1000000',
      lotSize: '1000000',
      maxQuantity: '1000000000000',
      reason,
    }),
  );
  await expect('VALUE_TOO_LARGE', { symbol: 'COSTLY', price: '2000000000000', quantity: '1000000000' });

  await done(ann.delete('/orders'));
  const { body } = await ann.post('/orders', { ...BUY, quantity: '5' });
  await done(bob.post('/orders', { ...BUY, side: 'sell', quantity: '2' }));
  assert.deepEqual(
    shown(await ann.put(`/orders/${body.order.orderId}`, { quantity: '2' })),
    rejected('NOTHING_TO_REPLACE'),
  );
  await done(ann.delete('/orders'));

  await done(admin.put('/admin/users/1/role', { role: 'viewer', reason }));
  assert.equal((await ann.post('/orders', BUY)).body.code, 'not-permitted');
  await done(admin.put('/admin/users/1/role', { role: 'trader', reason }));
  await done(admin.put('/admin/users/1/enabled', { enabled: false, cancelOrders: true, reason }));
  assert.equal((await ann.post('/orders', BUY)).body.code, 'user-disabled');
  await done(admin.put('/admin/users/1/enabled', { enabled: true, reason }));
  await done(ann.post('/orders', BUY));
  // The number of another door is ahead of the one that the desk gives next: the desk gives a higher one.
  send(venue.node.outbox, {
    type: 'NewOrder',
    userId: 1,
    instrumentId: 1,
    clientOrderId: 5_000,
    side: 1,
    orderType: 1,
    timeInForce: 2,
    priceTicks: 1,
    qtyLots: 1,
  });
  const raced = await ann.post('/orders', BUY);
  assert.deepEqual([raced.status, raced.body.isRepeat, raced.body.order.status], [200, false, 'open']);
}
