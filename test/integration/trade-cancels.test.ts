import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrivateConnection, type ToldReport } from '../support/reconnecting-client.ts';
import { type Answer, RestNode } from '../support/rest-node.ts';
import { until } from '../support/test-cluster.ts';

const order = (side: string, clientOrderId: string, quantity: string, price = '10.00') => ({
  symbol: 'BTCUSD',
  side,
  type: 'limit',
  timeInForce: 'good-till-cancel',
  price,
  quantity,
  clientOrderId,
});

function body({ status, body: json }: Answer) {
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}

/** A report without what changes with each run. */
function brief(report: ToldReport & { readonly canceledFill?: object }): object {
  const { number, kind, canceledFill } = report;
  const { clientOrderId, status, cumQuantity, leavesQuantity } = (report.order ?? {}) as Record<
    string,
    string
  >;
  return { number, kind, canceledFill, order: { clientOrderId, status, cumQuantity, leavesQuantity } };
}

test('a trade is taken back: both sides are told, live and again, history marks it, fees return, and it counts once', async (t) => {
  const venue = await RestNode.start(t);
  const [seller, buyer, operations] = [
    await venue.logIn('U1'),
    await venue.logIn('U2'),
    await venue.logIn('operations'),
  ];
  const place = { port: venue.node.edgePorts['http'] };
  const told: Record<string, ToldReport[]> = { U1: [], U2: [] };
  for (const name of ['U1', 'U2']) {
    const connection = await PrivateConnection.open(place, name, (report) => void told[name].push(report));
    t.after(() => connection.end());
    await connection.follow(1);
  }
  const moneyOf = async (client: typeof seller) =>
    body(await client.get('/balances')).items.map(({ asset, total }: Record<string, string>) => [
      asset,
      total,
    ]);
  const before = [await moneyOf(seller), await moneyOf(buyer)];
  body(await seller.post('/orders', order('sell', 'resting', '5')));
  body(await buyer.post('/orders', order('buy', 'taking', '2')));
  const fillOf = async (client: typeof seller) => body(await client.get('/fills')).items[0];
  const [sold, bought] = [await fillOf(seller), await fillOf(buyer)];
  const { tradeId, fee } = bought;
  assert.notDeepEqual([await moneyOf(seller), await moneyOf(buyer)], before);

  const path = `/admin/trades/${tradeId}`;
  assert.equal((await buyer.delete(`${path}?reason=mine`)).body.code, 'not-permitted');
  assert.equal((await operations.delete(path)).body.code, 'invalid-request');
  const unknown = await operations.delete(`/admin/trades/999?reason=none`);
  assert.equal(unknown.status, 404);
  assert.equal(unknown.body.code, 'UNKNOWN_TRADE');
  const { sequence } = body(await operations.delete(`${path}?reason=fat%20finger`));
  const again = await operations.delete(`${path}?reason=once%20more`);
  assert.equal(again.body.code, 'TRADE_CANCELED');
  assert.equal(again.status, 409);

  for (const client of [seller, buyer]) {
    const { items } = body(await client.get(`/fills?atSequence=${sequence}`));
    assert.deepEqual(
      items.map((fill: { canceledSequence: number }) => fill.canceledSequence),
      [sequence],
    );
    const { items: trades } = body(await client.get('/trades?symbol=BTCUSD'));
    assert.equal(trades[0].canceledSequence, sequence);
    const { items: fees } = body(await client.get('/fees'));
    for (const day of fees) assert.equal(Number(day.fee), 0, JSON.stringify(fees));
  }
  const { items: actions } = body(await operations.get('/admin/actions?limit=2'));
  assert.deepEqual(
    actions.map(({ command, tradeId: canceled, reason, rejectCode }: Record<string, unknown>) => [
      command,
      canceled,
      reason,
      rejectCode,
    ]),
    [
      ['CancelTrade', tradeId, 'once more', 'TRADE_CANCELED'],
      ['CancelTrade', tradeId, 'fat finger', undefined],
    ],
  );
  assert.deepEqual([await moneyOf(seller), await moneyOf(buyer)], before);

  const canceledFill = (fill: { reportNumber: number; fee: string }) => ({
    tradeId,
    reportNumber: fill.reportNumber,
    price: '10.00',
    quantity: '2',
    amount: bought.amount,
    fee: fill.fee,
  });
  await until(() => Object.values(told).every((reports) => reports.at(-1)?.kind === 'trade-canceled'));
  assert.deepEqual(brief(told['U1'].at(-1) as ToldReport), {
    number: told['U1'].length,
    kind: 'trade-canceled',
    canceledFill: canceledFill(sold),
    order: { clientOrderId: 'resting', status: 'open', cumQuantity: '2', leavesQuantity: '3' },
  });
  assert.deepEqual(brief(told['U2'].at(-1) as ToldReport), {
    number: told['U2'].length,
    kind: 'trade-canceled',
    canceledFill: canceledFill({ ...bought, fee }),
    order: { clientOrderId: 'taking', status: 'filled', cumQuantity: '2', leavesQuantity: '0' },
  });
  const timeline = body(await buyer.get(`/admin/orders/${bought.orderId}/timeline`));
  const last = timeline.steps.at(-1);
  assert.deepEqual(
    [last.sequence, last.command, last.events.map(({ event }: { event: string }) => event)],
    [sequence, undefined, ['FillCanceled']],
  );
  const seen = body(await operations.get(`/admin/orders/${bought.orderId}/timeline`)).steps.at(-1);
  assert.equal(seen.command.command, 'CancelTrade');
  // What comes after it comes after it, and a fresh client is told the same.
  body(await buyer.post('/orders', order('buy', 'later', '1', '9.00')));
  await until(() => told['U2'].at(-1)?.kind === 'accepted');
  for (const name of ['U1', 'U2']) {
    const fresh: ToldReport[] = [];
    const connection = await PrivateConnection.open(place, name, (report) => void fresh.push(report));
    await connection.follow(1);
    await until(() => fresh.length >= told[name].length);
    connection.end();
    assert.deepEqual(fresh, told[name]);
  }
});
