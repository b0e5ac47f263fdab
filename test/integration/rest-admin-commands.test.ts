import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CORE_VERSION_MAX } from '#core/core-version.ts';
import { type Answer, type RestClient, RestNode } from '../support/rest-node.ts';

const reason = 'a test';

function brief({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${body.code}: ${body.detail}`;
}

/** The command of a receipt as the log has it, without what is the same of all. */
async function logged(reader: RestClient, { status, body }: Answer): Promise<object> {
  assert.equal(status, 200, JSON.stringify(body));
  const { body: entry } = await reader.get(`/log/${body.sequence}`);
  const [{ flags: _flags, clientOrderId: _number, salt: _salt, passwordHash: _hash, ...command }] =
    entry.commands.filter(({ type }: { type: string }) => type !== 'Tick');
  return Object.fromEntries(Object.entries(command).filter(([, value]) => value !== 0 && value !== ''));
}

/** Method, path and body of a request, and what of the command in the log is not 0 or empty. */
const COMMANDS: readonly (readonly [method: string, path: string, body: object, command: object])[] = [
  ['POST', '/admin/accounts', { accountId: 700 }, { type: 'AddAccount', accountId: 700 }],
  [
    'POST',
    '/admin/accounts/700/deposits',
    { asset: 'USD', amount: '12.5', requestId: 'in-1' },
    { type: 'Deposit', accountId: 700, assetId: 2, amountMinor: 1_250, requestId: 'in-1' },
  ],
  [
    'POST',
    '/admin/accounts/700/withdrawals',
    { asset: 'BTC', amount: '0', requestId: 'out-1' },
    {
      refusal:
        '400 invalid-request: amount must be above 0, below 2^53 minor units, with at most 8 decimals of BTC',
    },
  ],
  [
    'POST',
    '/admin/accounts/700/withdrawals',
    { asset: 'USD', amount: '12.50', requestId: 'out-1' },
    { type: 'Withdraw', accountId: 700, assetId: 2, amountMinor: 1_250, requestId: 'out-1' },
  ],
  [
    'PUT',
    '/admin/accounts/700/limits',
    {
      ordersMax: 1,
      messagesPerSecondMax: 2,
      orderQtyLotsMax: 3,
      orderValueMinorMax: 4,
      positionLotsMax: 5,
      openValueMinorMax: 6,
    },
    {
      type: 'SetAccountLimits',
      accountId: 700,
      ordersMax: 1,
      messagesPerSecondMax: 2,
      orderQtyLotsMax: 3,
      orderValueMinorMax: 4,
      positionLotsMax: 5,
      openValueMinorMax: 6,
    },
  ],
  ['PUT', '/admin/accounts/700/limits', {}, { type: 'SetAccountLimits', accountId: 700 }],
  [
    'POST',
    '/admin/users',
    { userId: 700, name: 'new', role: 'viewer', accountId: 700 },
    { type: 'AddUser', newUserId: 700, accountId: 700, role: 'Viewer', name: 'new' },
  ],
  [
    'POST',
    '/admin/users',
    { userId: 701, name: 'new2', role: 'risk', password: 'a password to start with' },
    { type: 'AddUser', newUserId: 701, role: 'Risk', name: 'new2', mustChangePassword: 1 },
  ],
  [
    'PUT',
    '/admin/users/700/role',
    { role: 'market-maker' },
    { type: 'SetUserRole', targetUserId: 700, role: 'MarketMaker' },
  ],
  [
    'PUT',
    '/admin/users/700/enabled',
    { enabled: false, cancelOrders: true },
    { type: 'SetUserEnabled', targetUserId: 700, cancelOrders: 1 },
  ],
  [
    'PUT',
    '/admin/users/700/enabled',
    { enabled: true },
    { type: 'SetUserEnabled', targetUserId: 700, enabled: 1 },
  ],
  [
    'PUT',
    '/admin/users/700/password',
    { password: 'another one for now', mustChangePassword: false },
    { type: 'SetUserPassword', targetUserId: 700 },
  ],
  ['DELETE', '/admin/users/700/tokens', {}, { type: 'RevokeTokens', targetUserId: 700 }],
  [
    'POST',
    '/admin/assets',
    { assetId: 9, symbol: 'EUR', decimals: 2 },
    { type: 'AddAsset', assetId: 9, symbol: 'EUR', decimals: 2 },
  ],
  [
    'POST',
    '/admin/instruments',
    {
      instrumentId: 9,
      symbol: 'BTCEUR',
      kind: 'spot',
      baseAsset: 'BTC',
      quoteAsset: 'EUR',
      tickSize: '0.05',
      lotSize: '0.0002',
      minQuantity: '0.0004',
      maxQuantity: '1',
      makerFee: '0.0001',
      takerFee: '0.00025',
      collar: '0.1',
      marketProtection: '0.02',
      staticBand: '0.03',
      dynamicBand: '0.01',
      volatilityAuctionSeconds: 60,
      referencePrice: '60000.05',
      phase: 'pre-open',
      selfTradePrevention: 'decrement',
    },
    {
      type: 'AddInstrument',
      instrumentId: 9,
      symbol: 'BTCEUR',
      kind: 'Spot',
      baseAssetId: 1,
      quoteAssetId: 9,
      priceDecimals: 2,
      qtyDecimals: 4,
      tickSize: 5,
      lotSize: 2,
      valueNumerator: 1,
      valueDenominator: 1_000,
      lotBaseMinor: 20_000,
      minQtyLots: 2,
      maxQtyLots: 5_000,
      makerFeePpm: 100,
      takerFeePpm: 250,
      collarPpm: 100_000,
      marketProtectionPpm: 20_000,
      staticBandPpm: 30_000,
      dynamicBandPpm: 10_000,
      volatilityAuctionSeconds: 60,
      referencePriceTicks: 1_200_001,
      phase: 'PreOpen',
      selfTradePrevention: 'Decrement',
    },
  ],
  [
    'PUT',
    '/admin/instruments/BTCEUR/phase',
    { phase: 'opening-auction', nextPhase: 'continuous', endTime: '2099-01-01T00:00:00Z' },
    {
      type: 'SetPhase',
      instrumentId: 9,
      phase: 'OpeningAuction',
      nextPhase: 'Continuous',
      endSeconds: Date.UTC(2099, 0, 1) / 1_000,
    },
  ],
  [
    'PUT',
    '/admin/instruments/BTCEUR/price-controls',
    {
      collar: '0.2',
      marketProtection: '0.05',
      staticBand: '0',
      dynamicBand: '0.015',
      volatilityAuctionSeconds: 120,
    },
    {
      type: 'SetPriceControls',
      instrumentId: 9,
      collarPpm: 200_000,
      marketProtectionPpm: 50_000,
      dynamicBandPpm: 15_000,
      volatilityAuctionSeconds: 120,
    },
  ],
  [
    'PUT',
    '/admin/instruments/BTCEUR/fees',
    { makerFee: '0', takerFee: '0.00005' },
    { type: 'SetFees', instrumentId: 9, takerFeePpm: 50 },
  ],
  [
    'PUT',
    '/admin/instruments/BTCEUR/order-rules',
    { regulatoryFields: 'required' },
    { type: 'SetOrderRules', instrumentId: 9, regulatoryFields: 'Required' },
  ],
  [
    'PUT',
    '/admin/instruments/BTCEUR/order-rules',
    { regulatoryFields: 'optional' },
    { type: 'SetOrderRules', instrumentId: 9, regulatoryFields: 'Optional' },
  ],
  [
    'PUT',
    '/admin/instruments/BTCEUR/schedule',
    {
      changes: [
        { time: '00:00:00', phase: 'pre-open' },
        { time: '09:30:00', phase: 'continuous' },
      ],
    },
    { type: 'SetSchedule', instrumentId: 9, phase0: 'PreOpen', phase1: 'Continuous', secondOfDay1: 34_200 },
  ],
  ['PUT', '/admin/instruments/BTCEUR/schedule', { changes: [] }, { type: 'SetSchedule', instrumentId: 9 }],
  [
    'PUT',
    '/admin/kill-switch',
    { scope: 'instrument', symbol: 'BTCEUR', engaged: true, cancelOrders: true },
    { type: 'SetKillSwitch', scope: 'Instrument', scopeId: 9, engaged: 1, cancelOrders: 1 },
  ],
  [
    'PUT',
    '/admin/kill-switch',
    { scope: 'venue', engaged: false },
    { type: 'SetKillSwitch', scope: 'Venue' },
  ],
  ['PUT', '/admin/core-version', { version: 1 }, { type: 'SetCoreVersion', version: 1 }],
  [
    'DELETE',
    '/admin/orders',
    { accountId: 1, userId: 1, symbol: 'BTCEUR', side: 'sell' },
    { type: 'CancelOrdersOfOthers', accountId: 1, sessionUserId: 1, instrumentId: 9, side: 'Sell' },
  ],
];

/** What is wrong with a request, as it reads. */
const REFUSALS: readonly (readonly [method: string, path: string, body: object, answer: string])[] = [
  [
    'POST',
    '/admin/accounts',
    { reason: undefined },
    '400 invalid-request: reason is missing: it must be the reason, for the log: 1 to 64 printable ASCII characters',
  ],
  [
    'POST',
    '/admin/accounts',
    { reason: '' },
    '400 invalid-request: reason must be the reason, for the log: 1 to 64 printable ASCII characters',
  ],
  [
    'POST',
    '/admin/accounts',
    { reason: 'x'.repeat(65) },
    '400 invalid-request: reason must be the reason, for the log: 1 to 64 printable ASCII characters',
  ],
  ['POST', '/admin/accounts', { accountId: 1 }, '409 ALREADY_EXISTS: the id or name is already taken'],
  ['POST', '/admin/accounts', { accountId: 2 ** 31 }, '400 invalid-request: accountId must be <= 2147483647'],
  [
    'POST',
    `/admin/accounts/${2 ** 32 + 1}/deposits`,
    { asset: 'USD', amount: '1', requestId: 'r' },
    '400 invalid-request: accountId must be <= 2147483647',
  ],
  [
    'POST',
    '/admin/accounts/999/deposits',
    { asset: 'USD', amount: '1', requestId: 'r' },
    '404 UNKNOWN_ACCOUNT: no such account',
  ],
  [
    'POST',
    '/admin/accounts/1/deposits',
    { asset: 'XYZ', amount: '1', requestId: 'r' },
    '404 UNKNOWN_ASSET: there is no asset XYZ: /api/v1/assets lists them',
  ],
  [
    'POST',
    '/admin/accounts/1/deposits',
    { asset: 'USD', amount: '1' },
    '400 invalid-request: requestId is missing: it must be your own name of the request, which counts once: 1 to 36 printable characters. Send it again with the same one',
  ],
  [
    'POST',
    '/admin/accounts/1/deposits',
    { asset: 'USD', amount: '1.001', requestId: 'r' },
    '400 invalid-request: amount must be above 0, below 2^53 minor units, with at most 2 decimals of USD',
  ],
  [
    'POST',
    '/admin/accounts/1/withdrawals',
    { asset: 'USD', amount: '10000000001', requestId: 'r' },
    '409 INSUFFICIENT_FUNDS: available funds do not cover the order, its fees or the withdrawal',
  ],
  ['PUT', '/admin/accounts/999/limits', {}, '404 UNKNOWN_ACCOUNT: no such account'],
  [
    'POST',
    '/admin/users',
    { name: 'u1', role: 'viewer' },
    '409 ALREADY_EXISTS: the id or name is already taken',
  ],
  [
    'POST',
    '/admin/users',
    { name: 'no account', role: 'viewer' },
    '400 invalid-request: name must be a login name: 1 to 24 letters, digits and . _ - @',
  ],
  ['POST', '/admin/users', { name: 'trader', role: 'trader' }, '404 UNKNOWN_ACCOUNT: no such account'],
  [
    'POST',
    '/admin/users',
    { name: 'weak', role: 'viewer', password: 'aaaaaaaaaaaaaa' },
    '422 unsuitable-password: the new password is not taken: it must have 5 different characters or more',
  ],
  ['PUT', '/admin/users/999/role', { role: 'viewer' }, '404 UNKNOWN_USER: no such user'],
  ['PUT', '/admin/users/12/role', { role: 'trader' }, '404 UNKNOWN_ACCOUNT: no such account'],
  [
    'PUT',
    '/admin/users/1/enabled',
    { enabled: true, cancelOrders: true },
    '422 INVALID_CONFIGURATION: the fields contradict each other: see the documentation of the command',
  ],
  [
    'PUT',
    '/admin/users/999/password',
    { password: 'another one for now' },
    '404 UNKNOWN_USER: there is no user 999',
  ],
  ['DELETE', '/admin/users/999/tokens', {}, '404 UNKNOWN_USER: no such user'],
  [
    'POST',
    '/admin/assets',
    { symbol: 'USD', decimals: 2 },
    '409 ALREADY_EXISTS: the id or name is already taken',
  ],
  [
    'PUT',
    '/admin/instruments/NONE/phase',
    { phase: 'halted' },
    '404 UNKNOWN_INSTRUMENT: there is no instrument NONE: /api/v1/instruments lists them',
  ],
  [
    'PUT',
    '/admin/instruments/NONE/price-controls',
    { collar: '0', marketProtection: '0', staticBand: '0', dynamicBand: '0', volatilityAuctionSeconds: 0 },
    '404 UNKNOWN_INSTRUMENT: there is no instrument NONE: /api/v1/instruments lists them',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/price-controls',
    {
      collar: '0.1',
      marketProtection: '0',
      staticBand: '1.1',
      dynamicBand: '0',
      volatilityAuctionSeconds: 0,
    },
    '400 invalid-request: staticBand must be 0 to 1 with at most 6 decimals',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/price-controls',
    { collar: '0.1', marketProtection: '0', staticBand: '0', volatilityAuctionSeconds: 0 },
    '400 invalid-request: dynamicBand is missing: it must be a fraction of one, in millionths: a trade farther from the last trade starts a volatility auction',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/fees',
    { makerFee: '0.1', takerFee: '1.1' },
    '400 invalid-request: takerFee must be 0 to 1 with at most 6 decimals',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/fees',
    { makerFee: '0.1' },
    '400 invalid-request: takerFee is missing: it must be a fraction of one, in millionths: fee of the incoming side',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/order-rules',
    {},
    '400 invalid-request: regulatoryFields is missing: it must be one of optional, required',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/order-rules',
    { regulatoryFields: true },
    '400 invalid-request: regulatoryFields must be one of optional, required',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/phase',
    { phase: 'halted', nextPhase: 'closed' },
    '422 INVALID_CONFIGURATION: the fields contradict each other: see the documentation of the command',
  ],
  [
    'PUT',
    '/admin/instruments/BTCUSD/schedule',
    {
      changes: [
        { time: '10:00:00', phase: 'halted' },
        { time: '10:00:00', phase: 'closed' },
      ],
    },
    '400 invalid-request: changes.1.time must be later than the one before',
  ],
  [
    'PUT',
    '/admin/kill-switch',
    { scope: 'user', engaged: true },
    '400 invalid-request: userId is missing: scope user needs it',
  ],
  [
    'PUT',
    '/admin/kill-switch',
    { scope: 'venue', symbol: 'BTCUSD', engaged: true },
    '400 invalid-request: symbol does not go with scope venue',
  ],
  [
    'PUT',
    '/admin/kill-switch',
    { scope: 'account', accountId: 999, engaged: true },
    '404 UNKNOWN_ACCOUNT: no such account',
  ],
  [
    'PUT',
    '/admin/core-version',
    { version: CORE_VERSION_MAX + 1 },
    `400 invalid-request: version must be at most ${CORE_VERSION_MAX}, the newest that this node has`,
  ],
  ['DELETE', '/admin/orders', { userId: 999 }, '404 UNKNOWN_USER: no such user'],
  [
    'DELETE',
    '/admin/orders',
    {},
    '422 INVALID_CONFIGURATION: the fields contradict each other: see the documentation of the command',
  ],
];

const INSTRUMENT = {
  symbol: 'X',
  kind: 'spot',
  baseAsset: 'BTC',
  quoteAsset: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  maxQuantity: '10',
};
const INSTRUMENT_REFUSALS: readonly (readonly [fields: object, answer: string])[] = [
  [{ baseAsset: undefined }, 'baseAsset is missing: kind spot needs it'],
  [{ kind: 'margined' }, 'baseAsset is for kind spot only'],
  [{ baseAsset: 'USD' }, 'baseAsset is the quote asset'],
  [{ initialMargin: '1' }, 'initialMargin is for margined instruments only'],
  [{ tickSize: '0' }, 'tickSize must have 1 to 2147483647 as its digits, not 0'],
  [{ minQuantity: '11' }, 'minQuantity is above maxQuantity'],
  [{ maxQuantity: '1.5' }, 'maxQuantity must be 1 to 1099511627776 lots of 1, not 1.5'],
  [
    { lotSize: '0.0000000001', maxQuantity: '1' },
    'lotSize 0.0000000001 BTC is not a whole number of its minor unit (8 decimals)',
  ],
  [{ makerFee: '1.1' }, 'makerFee must be 0 to 1 with at most 6 decimals'],
  [{ collar: '0.0000001' }, 'collar must be 0 to 1 with at most 6 decimals'],
  [{ referencePrice: '0.001' }, 'referencePrice must be 1 to 2147483647 ticks of 0.01, not 0.001'],
];

function ask(client: RestClient, method: string, path: string, body: object): Promise<Answer> {
  const full = { reason, ...body };
  if (method !== 'DELETE') return client.send(method, path, full);
  return client.delete(`${path}?${new URLSearchParams(full as Record<string, string>)}`);
}

test('commands of administration over REST', { timeout: 120_000 }, async (t) => {
  const venue = await RestNode.start(t);
  const admin = await venue.logIn('admin');

  await t.test('every command is in the log as it was asked for: who, what, when, why', async () => {
    const startedMs = Date.now();
    for (const [method, path, body, command] of COMMANDS) {
      const answer = await ask(admin, method, path, body);
      if ('refusal' in command) assert.equal(brief(answer), command.refusal);
      else assert.deepEqual(await logged(admin, answer), { userId: 12, reason, ...command }, path);
    }
    const { body } = await admin.get('/admin/actions?limit=1');
    const [{ command, userId, reason: why, sequence, time }] = body.items;
    assert.deepEqual([command, userId, why], ['CancelOrdersOfOthers', 12, reason]);
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.equal(time, (await admin.get(`/log/${sequence}`)).body.time);
    const atMs = Date.parse(time);
    assert.ok(atMs >= startedMs && atMs <= Date.now(), `${time} is when it was asked for`);
  });

  await t.test(
    'a deposit or withdrawal that is repeated changes nothing and is told of the first',
    async () => {
      const total = async (atSequence: number) =>
        (await admin.get(`/balances?accountId=700&atSequence=${atSequence}`)).body.items[0].total;
      const deposit = { asset: 'USD', amount: '5.00', requestId: 'wire-7', reason };
      const first = await admin.post('/admin/accounts/700/deposits', deposit);
      assert.equal(first.status, 200);
      const withdrawal = { ...deposit, requestId: 'wire-8' };
      const second = await admin.post('/admin/accounts/700/withdrawals', withdrawal);
      assert.equal(second.status, 200);
      for (const [path, body, applied] of [
        ['deposits', deposit, first],
        ['deposits', { ...deposit, amount: '7.00' }, first],
        ['withdrawals', withdrawal, second],
        ['withdrawals', deposit, first],
      ] as const) {
        const again = await admin.post(`/admin/accounts/700/${path}`, body);
        const { code, detail, appliedSequence, retry, sequence } = again.body;
        assert.deepEqual(
          [again.status, code, appliedSequence, retry, detail],
          [
            409,
            'DUPLICATE_REQUEST_ID',
            applied.body.sequence,
            false,
            `your request ${body.requestId} was applied already, by entry ${applied.body.sequence}: nothing was changed. For another deposit or withdrawal use another requestId`,
          ],
        );
        assert.equal(await total(sequence), '0.00');
      }
      const { body } = await admin.get('/admin/actions?command=Withdraw&limit=1');
      assert.deepEqual(
        [body.items[0].requestId, body.items[0].rejectCode],
        ['wire-7', 'DUPLICATE_REQUEST_ID'],
      );
      const operations = await venue.logIn('operations');
      assert.equal(
        (await operations.post('/admin/accounts/700/deposits', deposit)).status,
        200,
        'of its own',
      );
    },
  );

  await t.test('what is wrong is named', async () => {
    for (const [method, path, body, answer] of REFUSALS)
      assert.equal(brief(await ask(admin, method, path, body)), answer, `${method} ${path}`);
    for (const [fields, answer] of INSTRUMENT_REFUSALS)
      assert.equal(
        brief(await ask(admin, 'POST', '/admin/instruments', { ...INSTRUMENT, ...fields })),
        `400 invalid-request: ${answer}`,
      );
  });
});
