import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFirstAdmin } from '#app/first-admin.ts';
import { type Answer, RestNode } from '../support/rest-node.ts';

const reason = 'a test';

function brief({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${body.code}: ${body.detail}`;
}

test('from nothing to the first order, over HTTP alone', { timeout: 120_000 }, async (t) => {
  const venue = await RestNode.start(t, []);
  const first = await addFirstAdmin(venue.node, assert.fail);
  assert.ok(first !== undefined);
  const credentials = { name: first.name, password: first.password };
  assert.deepEqual(
    brief(await venue.anybody.post('/login', credentials)),
    [
      '403 password-change-required: the password is good for nothing but to set another: see docs/access.md',
    ].join(),
  );
  const change = (fields: object) =>
    venue.anybody.send('PUT', '/password', { ...credentials, reason: 'first start', ...fields });
  assert.equal(
    brief(await change({ newPassword: 'short' })),
    '422 unsuitable-password: the new password is not taken: it must have 12 characters or more',
  );
  assert.equal(
    brief(await change({ newPassword: 'the admin is back' })),
    '422 unsuitable-password: the new password is not taken: it must not have the login name in it',
  );
  assert.equal(
    brief(await change({ newPassword: 'a better one for now', password: 'wrong' })),
    '401 wrong-password: unknown user or wrong password: see docs/access.md',
  );
  assert.equal(brief(await change({ newPassword: 'a better one for now' })), '200');
  assert.equal(
    brief(await change({ newPassword: 'another one for now' })),
    '401 wrong-password: unknown user or wrong password: see docs/access.md',
  );
  const admin = await venue.logIn(first.name, 'a better one for now');

  const created = async (path: string, body: object) => {
    const answer = await admin.post(path, { ...body, reason });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  assert.equal((await created('/admin/assets', { symbol: 'USD', decimals: 2 })).assetId, 1);
  assert.equal((await created('/admin/assets', { symbol: 'BTC', decimals: 8 })).assetId, 2);
  const instrument = await created('/admin/instruments', {
    symbol: 'BTCUSD',
    kind: 'spot',
    baseAsset: 'BTC',
    quoteAsset: 'USD',
    tickSize: '0.01',
    lotSize: '0.0001',
    maxQuantity: '100',
    makerFee: '0.0001',
    takerFee: '0.0002',
  });
  assert.equal(instrument.instrumentId, 1);
  const { accountId } = await created('/admin/accounts', {});
  const { userId } = await created('/admin/users', {
    name: 'ann',
    role: 'trader',
    accountId,
    password: 'given by the venue',
  });
  assert.deepEqual([accountId, userId], [1, 1]);
  const deposit = await created(`/admin/accounts/${accountId}/deposits`, {
    asset: 'USD',
    amount: '10000.00',
    requestId: 'payment-1',
  });
  const balances = await admin.get(`/balances?accountId=${accountId}&atSequence=${deposit.sequence}`);
  assert.equal(balances.body.items[0].total, '10000.00');

  assert.equal(
    (await venue.anybody.post('/login', { name: 'ann', password: 'given by the venue' })).status,
    403,
  );
  await venue.anybody.send('PUT', '/password', {
    name: 'ann',
    password: 'given by the venue',
    newPassword: 'chosen by herself',
    reason,
  });
  const ann = await venue.logIn('ann', 'chosen by herself');
  const { token } = (await ann.post('/keys', { kind: 'token', label: 'script', reason })).body;
  const script = venue.bearer(token);
  const order = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '0.0250', price: '60000.00' };
  const { status, body } = await script.post('/orders', { ...order, clientOrderId: 'one' });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.order.status, 'open');
  assert.equal((await script.get('/balances')).body.items[0].available, '8499.70');
});

test('administration over REST', { timeout: 120_000 }, async (t) => {
  const venue = await RestNode.start(t);
  const admin = await venue.logIn('admin');

  await t.test('numbers that are free are given once, also to requests at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => admin.post('/admin/accounts', { reason })),
    );
    const ids = answers.map(({ body }) => body.accountId);
    assert.equal(new Set(ids).size, 20);
    const { body } = await admin.get('/admin/accounts?limit=1000');
    assert.ok(ids.every((id) => body.items.includes(id)));
  });

  await t.test('staff cancel the orders of others', async () => {
    const order = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '1', price: '1.00' };
    const traders = await Promise.all(['U1', 'U2'].map((name) => venue.logIn(name)));
    const place = async (symbol: string) => {
      for (const trader of traders)
        assert.equal((await trader.post('/orders', { ...order, symbol })).status, 200);
    };
    await place('BTCUSD');
    await place('BTCFUT');
    const risk = await venue.logIn('risk');
    const canceled = async (query: string) => {
      const { status, body } = await risk.delete(`/admin/orders?${query}&reason=test`);
      return status === 200 ? body.canceledOrders : body.code;
    };
    assert.equal(await canceled('accountId=1&symbol=BTCFUT'), 1);
    assert.equal(await canceled('userId=2&side=sell'), 0);
    assert.equal(await canceled('userId=2&side=buy'), 2);
    assert.equal(await canceled('symbol=BTCUSD'), 1);
    assert.equal(await canceled('side=buy'), 'INVALID_CONFIGURATION');
    assert.equal(await canceled('accountId=999'), 'UNKNOWN_ACCOUNT');
    assert.equal(await canceled('userId=999'), 'UNKNOWN_USER');
    assert.equal((await risk.delete('/admin/orders?accountId=1')).body.code, 'invalid-request');
    const { items } = (await admin.get('/admin/actions?command=CancelOrdersOfOthers')).body;
    assert.deepEqual(
      items.map(({ reason: why, rejectCode = '' }: { reason: string; rejectCode?: string }) => [
        why,
        rejectCode,
      ]),
      ['UNKNOWN_USER', 'UNKNOWN_ACCOUNT', 'INVALID_CONFIGURATION', '', '', '', ''].map((code) => [
        'test',
        code,
      ]),
    );
  });

  await t.test('the last admin stays', async () => {
    const change = async (path: string, body: object) => {
      const answer = await admin.put(`/admin/users/12/${path}`, { ...body, reason });
      return answer.body.code ?? answer.status;
    };
    assert.equal(await change('enabled', { enabled: false }), 'LAST_ADMIN');
    assert.equal(await change('role', { role: 'viewer' }), 'LAST_ADMIN');
    const other = await admin.post('/admin/users', { userId: 900, name: 'other', role: 'admin', reason });
    assert.equal(other.status, 200);
    assert.equal(await change('enabled', { enabled: false }), 'LAST_ADMIN', 'the other has no credential');
    const key = await admin.post('/admin/users/900/keys', { kind: 'token', reason });
    assert.equal(key.status, 200);
    assert.equal(await change('enabled', { enabled: false }), 200);
    const last = venue.bearer(key.body.token);
    const revoke = `/keys/${key.body.keyId}?reason=test`;
    assert.equal((await last.delete(revoke)).body.code, 'LAST_ADMIN');
    assert.equal((await last.delete(`/admin/users/900${revoke}`)).body.code, 'LAST_ADMIN');
    assert.equal((await last.put('/admin/users/12/enabled', { enabled: true, reason })).status, 200);
    assert.equal((await last.delete(revoke)).status, 200);
  });
});
