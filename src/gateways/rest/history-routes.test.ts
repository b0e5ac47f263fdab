import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PostingKind } from '#domain/events.ts';
import { ArchiveRefusedError, OrderStatus } from '#domain/history.ts';
import { ACCOUNT, AT, FILL, MINUTE, ORDER, startRoutes } from '../../../test/support/rest-routes.ts';
import { NOW_SECONDS, TRADES } from './test-support.ts';

test('history: lists are of the own account, newest first, and include the newest report', async () => {
  const { api, archive } = await startRoutes();
  archive.answers.orders = { rows: [ORDER], cursor: '90.41' };
  archive.answers.openOrders = { rows: [ORDER], cursor: undefined };
  archive.answers.fills = { rows: [FILL], cursor: undefined };
  const orders = (await api(
    '/orders?symbol=BTCUSD&from=2026-01-02T00:00:00Z&limit=1&cursor=95.44',
    'ann',
  )) as {
    items: { orderId: number; price: string }[];
    cursor: string;
  };
  assert.deepEqual(
    [orders.items[0].orderId, orders.items[0].price, orders.cursor],
    [41, '65000.00', '90.41'],
  );
  await api('/orders/open?atSequence=77', 'ann');
  await api('/fills?orderId=41&userId=1', 'ann');
  assert.deepEqual(archive.asked, [
    {
      query: {
        type: 'orders',
        accountId: 10,
        instrumentId: 7,
        limit: 1,
        cursor: '95.44',
        fromSeconds: Date.UTC(2026, 0, 2) / 1_000,
      },
      atSequence: 81,
    },
    { query: { type: 'openOrders', accountId: 10, limit: 100 }, atSequence: 77 },
    { query: { type: 'fills', userId: 1, orderId: 41, limit: 100 }, atSequence: 81 },
  ]);
  assert.deepEqual(archive.askers, [1, 1, 1]);
});

test('history: one order, by its number and by what its client calls it', async () => {
  const { api, archive } = await startRoutes();
  archive.answers.order = ORDER;
  archive.answers.orderByClient = ORDER;
  assert.equal(((await api('/orders/41', 'ann')) as { clientOrderId: string }).clientOrderId, 'mine-3');
  assert.equal(((await api('/orders/by-client-order-id/mine-3', 'ann')) as { orderId: number }).orderId, 41);
  assert.deepEqual(archive.asked.at(-1)?.query, { type: 'orderByClient', userId: 1, clientTag: 'mine-3' });
  // Another's order is as one that does not exist.
  assert.equal(await api('/orders/41', 'bob'), '404 UNKNOWN_ORDER: you have no order 41');
  assert.equal(
    await api('/orders/by-client-order-id/mine-3?userId=1', 'bob'),
    '404 UNKNOWN_ORDER: you have no order mine-3',
  );
  assert.equal(((await api('/orders/41', 'eve')) as { orderId: number }).orderId, 41);
  archive.answers.order = undefined;
  assert.equal(await api('/orders/42', 'ann'), '404 UNKNOWN_ORDER: you have no order 42');
});

test('history: what was refused for an instrument or terms that there are not is no order, and not late', async () => {
  const { api, archive } = await startRoutes();
  const refused = { ...ORDER, orderId: 0, status: OrderStatus.Rejected };
  const path = '/orders/by-client-order-id/mine-3';
  // What the OUCH door has the core refuse, and a replace that named nothing.
  for (const terms of [
    { instrumentId: 2 ** 32 - 1 },
    { instrumentId: 0 },
    { side: 255 },
    { orderType: 255 },
    { timeInForce: 255 },
    { side: 0, orderType: 0, timeInForce: 0 },
  ]) {
    archive.answers.orderByClient = { ...refused, ...terms };
    assert.equal(await api(path, 'ann'), '404 UNKNOWN_ORDER: you have no order mine-3');
  }
  archive.answers.orderByClient = refused;
  assert.equal(((await api(path, 'ann')) as { status: string }).status, 'rejected');
});

test('account: money, positions, postings, fees', async () => {
  const { api, archive } = await startRoutes();
  archive.answers.accounts = [ACCOUNT];
  archive.answers.postings = {
    rows: [
      {
        ...AT,
        position: 1,
        accountId: 10,
        assetId: 1,
        instrumentId: 0,
        kind: PostingKind.Deposit,
        amountMinor: 500,
        balanceMinor: 500,
      },
    ],
    cursor: undefined,
  };
  archive.answers.positions = {
    rows: [
      {
        ...AT,
        position: 1,
        accountId: 10,
        instrumentId: 9,
        positionLots: 2,
        entryValueMinor: 130_000,
        realisedMinor: 0,
      },
    ],
    cursor: undefined,
  };
  archive.answers.fees = {
    rows: [{ accountId: 10, assetId: 1, daySeconds: MINUTE, feeMinor: 3 }],
    nextFromSeconds: NOW_SECONDS,
  };
  archive.answers.trades = { rows: [{ ...TRADES[0], instrumentId: 7 }], cursor: undefined };
  assert.deepEqual(await api('/balances', 'ann'), {
    sequence: 100,
    accountId: 10,
    items: [{ asset: 'USD', total: '5.00', held: '1.00', margin: '0.00', available: '4.00' }],
  });
  // 130,010 ticks x 2 lots / 2 is 130,010 cents.
  assert.deepEqual(await api('/positions', 'ann'), {
    sequence: 100,
    accountId: 10,
    items: [
      {
        symbol: 'BTCFUT',
        quantity: '0.02',
        entryValue: '1300.00',
        realisedProfit: '0.00',
        markPrice: '65005.0',
        unrealisedProfit: '0.10',
      },
    ],
  });
  assert.deepEqual(await api('/postings?asset=USD', 'ann'), {
    sequence: 100,
    items: [
      {
        accountId: 10,
        asset: 'USD',
        kind: 'deposit',
        amount: '5.00',
        balance: '5.00',
        time: '2026-01-02T03:04:05.000000006Z',
        sequence: 90,
      },
    ],
  });
  assert.deepEqual(archive.asked.at(-1)?.query, { type: 'postings', accountId: 10, assetId: 1, limit: 100 });
  assert.equal(
    await api('/postings?asset=XYZ', 'ann'),
    '404 UNKNOWN_ASSET: there is no asset XYZ: /api/v1/assets lists them',
  );
  assert.deepEqual(await api('/positions/history', 'ann'), {
    sequence: 100,
    items: [
      {
        symbol: 'BTCFUT',
        accountId: 10,
        quantity: '0.02',
        entryValue: '1300.00',
        realisedProfit: '0.00',
        time: '2026-01-02T03:04:05.000000006Z',
        sequence: 90,
      },
    ],
  });
  assert.deepEqual(await api('/fees', 'ann'), {
    sequence: 100,
    accountId: 10,
    items: [{ day: '2026-01-02T03:04:00Z', asset: 'USD', fee: '0.03' }],
    nextFrom: '2026-01-02T03:04:05Z',
  });
  const trades = (await api('/trades?symbol=BTCUSD', 'ann')) as { items: { price: string }[] };
  assert.equal(trades.items[0].price, '65000.00');
  assert.deepEqual(await api('/profile', 'ann'), {
    user: { userId: 1, name: 'ann', role: 'trader', accountId: 10, enabled: true, mustChangePassword: false },
    actions: ['LogIn', 'ViewMarket', 'ViewOwnAccount', 'PlaceOrders', 'CancelOrders', 'ManageOwnCredentials'],
  });
});

test('whose: own account, any for those who may, and a word about what is missing', async () => {
  const { api, archive } = await startRoutes();
  archive.answers.accounts = [ACCOUNT];
  archive.answers.orders = { rows: [], cursor: undefined };
  for (const path of ['/balances', '/positions', '/orders', '/fills', '/postings', '/fees']) {
    assert.equal(
      await api(`${path}?accountId=20`, 'ann'),
      '403 not-permitted: accountId: the accounts of others are not shown to your role',
    );
    assert.equal(
      await api(path, 'eve'),
      '400 invalid-request: accountId is missing: you have no account of your own, so say whose',
    );
  }
  assert.deepEqual(archive.asked, []);
  assert.equal(((await api('/balances?accountId=10', 'eve')) as { accountId: number }).accountId, 10);
  const noUser = '403 not-permitted: userId: users of other accounts are not shown to your role';
  for (const userId of [2, 3, 99]) assert.equal(await api(`/orders?userId=${userId}`, 'ann'), noUser);
  assert.equal(await api('/orders?userId=99', 'eve'), '404 UNKNOWN_USER: there is no user 99');
  assert.deepEqual(await api('/orders?userId=2', 'eve'), { sequence: 100, items: [] });
  assert.equal(
    await api('/orders?userId=2&accountId=20', 'eve'),
    '400 invalid-request: userId must not be given beside accountId',
  );
  archive.answers.accounts = [undefined];
  assert.equal(await api('/balances?accountId=99', 'eve'), '404 UNKNOWN_ACCOUNT: there is no account 99');
});

test('a time that ends before it begins is refused, as for candles; one of no second is empty', async () => {
  const { api, archive } = await startRoutes();
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'];
  for (const list of ['/orders', '/fills', '/trades', '/postings', '/positions/history', '/fees']) {
    const symbol = list === '/trades' ? '&symbol=BTCUSD' : '';
    assert.equal(
      await api(`${list}?from=${late}&to=${early}${symbol}`, 'ann'),
      '400 invalid-request: from must not be later than to',
      list,
    );
  }
  assert.deepEqual(archive.asked, []);
  archive.answers.orders = { rows: [], cursor: undefined };
  assert.deepEqual(
    ((await api(`/orders?from=${early}&to=${early}`, 'ann')) as { items: object[] }).items,
    [],
  );
});

test('an archive that cannot answer, and rows whose instrument is not known here yet', async () => {
  const { api, archive } = await startRoutes();
  archive.answers.orders = new ArchiveRefusedError('HISTORY_BEHIND', 'history is being rebuilt');
  assert.equal(await api('/orders', 'ann'), '503 history-behind: history is being rebuilt');
  archive.answers.orders = new ArchiveRefusedError('BAD_QUERY', 'cursor is none');
  assert.equal(await api('/orders?cursor=x', 'ann'), '400 invalid-request: cursor is none');
  archive.answers.orders = { rows: [{ ...ORDER, instrumentId: 8 }], cursor: undefined };
  assert.equal(await api('/orders', 'ann'), '503 late: instrument 8 is not known here yet: ask again');
});
