import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Action, isAllowed, RoleByName, type RoleName } from '#domain/permissions.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { RestNode } from '../support/rest-node.ts';

/** Everything at the HTTP door that is no question, and the action of the table of permissions that it needs. */
const COMMANDS: Readonly<Record<string, Action>> = {
  'POST /orders': Action.PlaceOrders,
  'PUT /orders/{orderId}': Action.PlaceOrders,
  'PUT /orders/by-client-order-id/{clientOrderId}': Action.PlaceOrders,
  'DELETE /orders/{orderId}': Action.CancelOrders,
  'DELETE /orders/by-client-order-id/{clientOrderId}': Action.CancelOrders,
  'DELETE /orders': Action.CancelOrders,
  'DELETE /admin/orders': Action.CancelAnyOrders,
  'POST /keys': Action.ManageOwnCredentials,
  'DELETE /keys/{keyId}': Action.ManageOwnCredentials,
  'DELETE /tokens': Action.ManageOwnCredentials,
  'POST /admin/users': Action.ManageUsers,
  'PUT /admin/users/{userId}/role': Action.ManageUsers,
  'PUT /admin/users/{userId}/enabled': Action.ManageUsers,
  'PUT /admin/users/{userId}/password': Action.ManageCredentials,
  'POST /admin/users/{userId}/keys': Action.ManageCredentials,
  'DELETE /admin/users/{userId}/keys/{keyId}': Action.ManageCredentials,
  'DELETE /admin/users/{userId}/tokens': Action.ManageCredentials,
  'POST /admin/accounts': Action.ManageAccounts,
  'PUT /admin/accounts/{accountId}/limits': Action.SetLimits,
  'POST /admin/accounts/{accountId}/deposits': Action.MoveFunds,
  'POST /admin/accounts/{accountId}/withdrawals': Action.MoveFunds,
  'POST /admin/assets': Action.ManageInstruments,
  'POST /admin/instruments': Action.ManageInstruments,
  'PUT /admin/instruments/{symbol}/phase': Action.ControlPhases,
  'PUT /admin/instruments/{symbol}/price-controls': Action.ControlPhases,
  'PUT /admin/instruments/{symbol}/fees': Action.ManageInstruments,
  'PUT /admin/instruments/{symbol}/order-rules': Action.ManageInstruments,
  'PUT /admin/instruments/{symbol}/schedule': Action.ManageInstruments,
  'PUT /admin/kill-switch': Action.KillSwitch,
  'DELETE /admin/trades/{tradeId}': Action.CancelTrades,
  'PUT /admin/core-version': Action.ManageNodes,
  'POST /admin/snapshots/{sequence}/verify': Action.ViewNodes,
  'POST /admin/backups/{backupId}/verify': Action.ViewNodes,
  'POST /admin/incidents': Action.ManageIncidents,
  'PUT /admin/incidents/{incidentId}': Action.ManageIncidents,
  'POST /admin/replay': Action.ControlReplay,
  'PUT /admin/replay': Action.ControlReplay,
  'DELETE /admin/replay': Action.ControlReplay,
  'DELETE /admin/sessions/{nodeId}/{sessionId}': Action.EndSessions,
};
/** What changes something without being a command of somebody who has proven who it is. */
const BY_PASSWORD = ['POST /login', 'POST /token', 'PUT /password'];

const FUZZ_RUNS = 3_000;

test('commands over REST: who may, and what nobody should send', { timeout: 180_000 }, async (t) => {
  const venue = await RestNode.start(t);

  await t.test('every role and command: what the table of permissions does not say is refused', async () => {
    const changes = venue.checker.operations
      .filter((operation) => !operation.startsWith('GET '))
      .map((operation) => operation.replace('/api/v1', ''))
      .filter((operation) => !BY_PASSWORD.includes(operation));
    assert.deepEqual(changes.sort(), Object.keys(COMMANDS).sort());
    for (const role of Object.keys(RoleByName) as RoleName[]) {
      const client = await venue.logIn(role === 'trader' ? 'U1' : role);
      for (const [operation, action] of Object.entries(COMMANDS)) {
        const [method, template] = operation.split(' ');
        // Too much is given, so that nothing happens where it is allowed.
        const path = `${template.replace('{symbol}', 'NONE').replace(/\{\w+\}/g, '1')}?extra=1`;
        const { status, body } = await client.send(method, path, method === 'DELETE' ? undefined : {});
        const expected = isAllowed(RoleByName[role], action) ? 'invalid-request' : 'not-permitted';
        assert.equal(body.code, expected, `${role} ${operation} ${status}`);
      }
    }
    for (const operation of Object.keys(COMMANDS)) {
      const [method, template] = operation.split(' ');
      const path = template.replace(/\{\w+\}/g, '1');
      const { body } = await venue.anybody.send(method, path, method === 'DELETE' ? undefined : {});
      assert.equal(body.code, 'not-authenticated', operation);
    }
  });

  await t.test('random bodies and queries: a documented answer to each, and the node goes on', async () => {
    const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
    const random = seededRandom(seed);
    const of = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)];
    const traders = [await venue.logIn('U1'), await venue.logIn('U2')];
    const admin = await venue.logIn('admin');
    const operations = Object.keys(COMMANDS)
      // These end the session of who asks, or the node.
      .filter((operation) => !/tokens|core-version|enabled|role/.test(operation));
    const statuses = new Map<number, number>();
    for (let run = 0; run < FUZZ_RUNS; run++) {
      const operation = of(operations);
      const [method, template] = operation.split(' ');
      const path = template.replace(/\{(\w+)\}/g, (_, name) =>
        encodeURIComponent(String(of(random() < 0.2 ? PATH_VALUES : (VALUES[name] ?? PATH_VALUES)))),
      );
      const [, needed, others] = FIELDS.find(
        ([end]) => operation.startsWith(end) || operation.endsWith(end),
      ) as (typeof FIELDS)[number];
      const fields: Record<string, unknown> = {};
      for (const name of needed) if (random() < 0.97) fields[name] = of(VALUES[name] ?? ANY);
      while (others.length > 0 && random() < 0.5) {
        const name = of(others);
        fields[name] = of(VALUES[name] ?? ANY);
      }
      if (random() < 0.2) fields[of(needed)] = of(ANY);
      const client = template.startsWith('/admin') === random() < 0.9 ? admin : of(traders);
      const texts = Object.entries(fields).map(([name, value]) => [name, String(value)]);
      const { status, body } =
        method === 'DELETE'
          ? await client.send(method, `${path}?${new URLSearchParams(texts)}`)
          : await client.send(method, path, fields);
      assert.ok(status < 500, `${method} ${path} ${JSON.stringify(fields)}: ${JSON.stringify(body)}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries(statuses))}`);
    assert.ok((statuses.get(200) ?? 0) > FUZZ_RUNS / 20, 'the flow is too wild');
    assert.equal((await admin.get('/profile')).status, 200);
  });
});

const ANY: readonly unknown[] = [
  0,
  -1,
  1.5,
  1e300,
  2 ** 31,
  2 ** 32 + 1,
  '',
  'x',
  ' ',
  '\u0000',
  'é\u{1f600}',
  'x'.repeat(300),
  null,
  true,
  false,
  [],
  {},
  [[1]],
  { a: 1 },
  '__proto__',
];
const PATH_VALUES = [1, 2, 3, 12, 0, -1, 1.5, 2 ** 31, 2 ** 53, 'BTCUSD', 'BTCFUT', 'c1', '%', '/', 'é', ' '];
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  reason: ['fuzz'],
  symbol: ['BTCUSD', 'BTCFUT', 'NEW', 'NONE'],
  side: ['buy', 'sell'],
  type: ['limit', 'market', 'stop', 'stop-limit'],
  timeInForce: ['day', 'good-till-cancel', 'immediate-or-cancel', 'fill-or-kill', 'good-till-date'],
  quantity: ['1', '5', '100', '1000000', '1000001', '0', '00', '0.5', '1e3', '99999999999999999999'],
  price: ['10.00', '10', '9.99', '0.01', '21474836.47', '21474836.48', '-1', '10.001'],
  stopPrice: ['10.00', '9.99', '12'],
  displayQuantity: ['1', '5', '100'],
  minQuantity: ['1', '5', '100'],
  postOnly: [true, false],
  expireTime: [
    '2099-01-01T00:00:00Z',
    '2020-01-01T00:00:00Z',
    '2021-02-31T00:00:00Z',
    '2099-12-31T23:59:59Z',
  ],
  clientOrderId: ['c1', 'c2', 'c3', 'x'.repeat(36), 'x'.repeat(37), '~!'],
  newClientOrderId: ['c1', 'c2', 'c3'],
  ocoClientOrderId: ['c1', 'c2', 'c3'],
  selfTradePrevention: ['cancel-newest', 'decrement', 'default'],
  kind: ['spot', 'margined', 'token', 'hmac', 'ed25519'],
  asset: ['USD', 'BTC', 'NONE'],
  amount: ['1', '0.01', '0.001', '90071992547409.91', '90071992547409.92', '99999999999999999999'],
  requestId: ['r1', 'r2', 'x'.repeat(36), 'x'.repeat(37), 'a b'],
  scope: ['instrument', 'account'],
  engaged: [false],
  phase: ['continuous', 'pre-open', 'volatility-auction'],
  role: ['viewer', 'trader'],
  decimals: [0, 2, 18, 19],
  tickSize: ['0.01', '0.000000000000000001', '2147483648'],
  lotSize: ['1', '0.000000000000000001', '0'],
  maxQuantity: ['1000', '1099511627776', '1099511627777'],
  baseAsset: ['BTC', 'USD'],
  quoteAsset: ['USD', 'BTC'],
  makerFee: ['0', '0.0002', '1', '1.1', '0.0000001'],
  takerFee: ['0', '0.001', '-1'],
  regulatoryFields: ['required', 'optional'],
  collar: ['0', '1', '0.000001', '0.0000001', '1.000001'],
  marketProtection: ['0', '1', '-1'],
  staticBand: ['0', '0.5', '1e3'],
  dynamicBand: ['0', '0.5', '2'],
  volatilityAuctionSeconds: [0, 1, 2 ** 31 - 1, 2 ** 31, 0.5],
  publicKey: [`${'A'.repeat(43)}=`],
  label: ['fuzz'],
  accountId: [1, 2, 3],
  userId: [1, 2],
  orderId: [1, 2, 3, 4, 5],
  name: ['fuzz', 'fuzz-2', 'U1', 'a b'],
  changes: [[], [{ time: '00:00:00', phase: 'continuous' }], [{ time: '24:00:00', phase: 'continuous' }]],
};
const TERMS = ['quantity', 'price', 'stopPrice', 'displayQuantity', 'newClientOrderId', 'expireTime'];
/** By the end of an operation's path: fields to send, those that are needed first. */
const FIELDS: readonly (readonly [end: string, needed: readonly string[], others: readonly string[]])[] = [
  ['POST /orders', ['symbol', 'side', 'type', 'quantity', 'price'], Object.keys(VALUES)],
  ['PUT /orders', ['quantity', 'price'], TERMS],
  ['DELETE /orders', ['symbol'], ['side']],
  ['DELETE /admin/orders', ['reason', 'accountId'], ['symbol', 'side']],
  ['keys', ['reason', 'kind'], ['publicKey', 'label', 'expireTime']],
  ['limits', ['reason'], []],
  ['deposits', ['reason', 'asset', 'amount', 'requestId'], []],
  ['withdrawals', ['reason', 'asset', 'amount', 'requestId'], []],
  ['assets', ['reason', 'symbol', 'decimals'], []],
  [
    'instruments',
    ['reason', 'symbol', 'kind', 'baseAsset', 'quoteAsset', 'tickSize', 'lotSize', 'maxQuantity'],
    ['phase'],
  ],
  ['phase', ['reason', 'phase'], ['expireTime']],
  [
    'price-controls',
    ['reason', 'collar', 'marketProtection', 'staticBand', 'dynamicBand', 'volatilityAuctionSeconds'],
    [],
  ],
  ['fees', ['reason', 'makerFee', 'takerFee'], []],
  ['order-rules', ['reason', 'regulatoryFields'], []],
  ['schedule', ['reason', 'changes'], []],
  ['kill-switch', ['reason', 'scope', 'engaged'], ['symbol', 'accountId']],
  ['users', ['reason', 'name', 'role', 'accountId'], []],
  ['DELETE /admin/sessions', ['reason', 'userId'], []],
  ['', ['reason'], []],
];
