import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandType } from '#domain/commands.ts';
import { ArchiveRefusedError, OrderStatus } from '#domain/history.ts';
import { OpenApiChecker } from '../../../test/support/openapi.ts';
import { ACCOUNT, AT, FILL, ORDER, serverClosers, startRoutes } from '../../../test/support/rest-routes.ts';
import { verificationRoutes } from './copy-routes.ts';
import { COPIES, FUTURE, NOW_SECONDS, startServer } from './test-support.ts';

test('administration: users, keys, accounts, actions, nodes, the log', async () => {
  const { api, archive, entries } = await startRoutes();
  const ann = {
    userId: 1,
    name: 'ann',
    role: 'trader',
    accountId: 10,
    enabled: true,
    mustChangePassword: false,
  };
  const users = (await api('/admin/users?limit=3', 'root')) as { items: object[]; cursor: string };
  assert.deepEqual([users.items[0], users.items.length, users.cursor], [ann, 3, '3']);
  assert.deepEqual(await api('/admin/users/1', 'eve'), ann);
  assert.deepEqual(await api('/admin/users/1/keys', 'eve'), {
    items: [{ keyId: 8, userId: 1, label: 'bot', kind: 'ed25519', readOnly: true }],
  });
  assert.equal(await api('/admin/users/9', 'root'), '404 UNKNOWN_USER: there is no user 9');
  assert.deepEqual(await api('/admin/accounts?limit=2', 'root'), { items: [10, 20], cursor: '20' });
  assert.deepEqual(await api('/admin/accounts?limit=2&cursor=20', 'root'), { items: [30] });
  archive.answers.adminActions = {
    rows: [
      {
        ...AT,
        position: 0,
        userId: 4,
        commandType: CommandType.SetPhase,
        instrumentId: 7,
        clientOrderId: 2,
        rejectCode: 0,
        reason: 'lunch',
        commandHex: '',
      },
    ],
    cursor: undefined,
  };
  assert.deepEqual(await api('/admin/actions?command=SetPhase&userId=4', 'eve'), {
    sequence: 100,
    items: [
      {
        userId: 4,
        command: 'SetPhase',
        symbol: 'BTCUSD',
        requestNumber: 2,
        reason: 'lunch',
        time: '2026-01-02T03:04:05.000000006Z',
        sequence: 90,
      },
    ],
  });
  assert.deepEqual(archive.asked.at(-1)?.query, {
    type: 'adminActions',
    userId: 4,
    commandType: 23,
    limit: 100,
  });
  assert.deepEqual(await api('/node', 'root'), {
    nodeId: 1,
    durableSequence: 102,
    edgeSequence: 100,
    archivedSequence: 99,
    divergedSequence: 0,
    generation: 1,
    uptimeSeconds: 60,
  });
  entries.push({
    ...AT,
    entry: {
      nodeId: 1,
      epoch: 2,
      entryNo: 3,
      commands: [{ type: 'Tick', flags: 0, userId: 0, instrumentId: 0, clientOrderId: 0 }],
    },
  });
  assert.deepEqual(await api('/log/90', 'eve'), {
    sequence: 90,
    time: '2026-01-02T03:04:05.000000006Z',
    nodeId: 1,
    epoch: 2,
    entryNo: 3,
    commands: [{ type: 'Tick', flags: [], userId: 0, instrumentId: 0, clientOrderId: 0 }],
  });
  assert.equal(await api('/log/91', 'eve'), '404 not-found: the log has no entry 91 yet');
  assert.match(String(await api('/log/1', 'eve')), /^410 log-truncated: entry 1 is asked for/);
  assert.equal(await api('/log/0', 'eve'), '400 invalid-request: sequence must be >= 1');
});

test('the life of an order goes on to the last trade of it that was taken back, however many fills came after that trade', async () => {
  const read: number[] = [];
  const reports = {
    read: async ({ toSequence }: { readonly toSequence: number }) => Boolean(read.push(toSequence)),
  };
  const { api, archive } = await startRoutes({ reports });
  archive.answers.order = { ...ORDER, status: OrderStatus.Filled, leavesQtyLots: 0 };
  archive.answers.fills = { rows: [{ ...FILL, canceledSequence: 0 }], cursor: '10.0' };
  archive.answers.canceledSequence = 95;
  await api('/admin/orders/41/timeline', 'ann');
  archive.answers.canceledSequence = 0;
  await api('/admin/orders/41/timeline', 'ann');
  assert.deepEqual(read, [95, ORDER.updatedSequence]);
});

test('snapshots and backups: what there is, and whether it is whole', async () => {
  const { api } = await startRoutes();
  assert.deepEqual(await api('/admin/snapshots', 'eve'), await COPIES.snapshots());
  assert.deepEqual(await api('/admin/backups', 'root'), await COPIES.backups());
  const { server, url } = await startServer(verificationRoutes({ copies: COPIES }));
  serverClosers.push(() => server.close());
  const checker = new OpenApiChecker(server.document);
  const verify = async (path: string, who: string) => {
    const init = { method: 'POST', headers: { authorization: `Bearer ${who}` } };
    const { status, body } = await checker.fetch(`${url}/api/v1/admin/${path}/verify`, init);
    return status === 200 ? body : `${status} ${(body as { code: string }).code}`;
  };
  const found = { time: '2026-01-02T03:05:00Z', tookMs: 12 };
  assert.deepEqual(await verify('snapshots/90', 'eve'), { isWhole: true, ...found });
  assert.equal(await verify('snapshots/91', 'eve'), '404 not-found');
  assert.equal(await verify('snapshots/newest', 'eve'), '400 invalid-request');
  assert.equal(await verify('snapshots/90', 'ann'), '403 not-permitted');
  const damaged = await verify('backups/20260102T030405Z-0000000000000090-01234567', 'root');
  assert.deepEqual(damaged, { isWhole: false, fault: 'a byte differs', ...found });
  assert.equal(await verify('backups/another', 'root'), '503 verifying');
  assert.equal(await verify('backups/another', 'bob'), '403 not-permitted');
});

test('risk: the same view for one account or those with the least headroom', async () => {
  const { api, archive } = await startRoutes();
  archive.answers.risk = {
    timeSeconds: NOW_SECONDS,
    count: 3,
    isVenueKilled: true,
    uncovered: [],
    accounts: [
      {
        ...ACCOUNT,
        isKilled: true,
        exposures: [{ assetId: 1, positionsMinor: 2 ** 53 - 1, openOrdersMinor: 100 }],
        limits: {
          openOrders: { limit: 3, used: 1 },
          messagesPerSecond: undefined,
          orderQtyLots: 7,
          orderValueMinor: 0,
          positionLots: { limit: 10, used: 12, instrumentId: 9 },
          openValueMinor: { limit: 10, used: 0, assetId: 0 },
        },
        margin: { limit: 400, used: 100, assetId: 1 },
        headroom: -0.2,
      },
    ],
  };
  archive.answers.activity = {
    accounts: [{ accountId: 10, orders: 5, replaces: 1, cancels: 1, trades: 3, rejects: 2 }],
    rejects: [{ rejectCode: 400, count: 2 }],
  };
  const risk = (await api('/admin/risk/accounts?limit=2', 'eve')) as { items: Record<string, unknown>[] };
  const { balances: _balances, positions: _positions, ...account } = risk.items[0];
  assert.deepEqual(
    { ...risk, items: [account] },
    {
      sequence: 100,
      time: '2026-01-02T03:04:05Z',
      accountCount: 3,
      venueKilled: true,
      items: [
        {
          accountId: 10,
          killed: true,
          headroom: '-0.2000',
          exposure: [
            {
              asset: 'USD',
              positions: '90071992547409.91',
              openOrders: '1.00',
              total: '90071992547410.91',
            },
          ],
          margin: { asset: 'USD', used: '1.00', limit: '4.00', headroom: '0.7500' },
          openOrders: 1,
          limits: [
            { name: 'ordersMax', limit: 3, used: 1, headroom: '0.6666' },
            { name: 'orderQtyLotsMax', limit: 7 },
            { name: 'positionLotsMax', limit: 10, used: 12, headroom: '-0.2000', symbol: FUTURE.symbol },
            { name: 'openValueMinorMax', limit: 10, used: 0, headroom: '1.0000' },
          ],
          activity: {
            orders: 5,
            replaces: 1,
            cancels: 1,
            trades: 3,
            rejects: 2,
            orderToTradeRatio: '1.33',
          },
        },
      ],
      rejects: [
        {
          code: 'THROTTLED',
          rejectCode: 400,
          meaning: 'more messages in this second than the account may send',
          count: 2,
        },
      ],
    },
  );
  const daySeconds = NOW_SECONDS - (NOW_SECONDS % 86_400);
  assert.deepEqual(
    archive.asked.map(({ query }) => query),
    [
      { type: 'risk', limit: 2 },
      { type: 'activity', daySeconds, accountIds: [10] },
    ],
  );
  archive.answers.activity = new ArchiveRefusedError('HISTORY_BEHIND', 'not yet');
  const later = (await api('/admin/risk/accounts?accountId=10', 'eve')) as typeof risk & { rejects?: object };
  assert.deepEqual([later.rejects, later.items[0]['activity']], [undefined, undefined]);
  archive.answers.risk = {
    timeSeconds: NOW_SECONDS,
    count: 3,
    isVenueKilled: false,
    uncovered: [],
    accounts: [],
  };
  assert.equal(
    await api('/admin/risk/accounts?accountId=11', 'eve'),
    '404 UNKNOWN_ACCOUNT: there is no account 11',
  );
  assert.match(String(await api('/admin/risk/accounts?limit=501', 'eve')), /^400 invalid-request: limit/);
});
