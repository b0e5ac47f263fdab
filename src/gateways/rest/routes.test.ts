import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Role } from '#domain/commands.ts';
import { Action, isAllowed } from '#domain/permissions.ts';
import { directory, startRoutes } from '../../../test/support/rest-routes.ts';
import { principalOf } from '../identity/principal.ts';
import { testAccess } from './test-support.ts';

/** The action that each route needs, written down again. */
const ACTIONS: Record<string, string> = {
  '/api/v1/admin/accounts': 'ViewAnyAccount',
  '/api/v1/admin/actions': 'ReadLog',
  '/api/v1/admin/backups': 'ViewNodes',
  '/api/v1/admin/snapshots': 'ViewNodes',
  '/api/v1/admin/risk/accounts': 'ViewAnyAccount',
  '/api/v1/admin/orders/1/timeline': 'ViewOwnAccount',
  '/api/v1/admin/users': 'ViewUsers',
  '/api/v1/admin/users/1': 'ViewUsers',
  '/api/v1/admin/users/1/keys': 'ViewUsers',
  '/api/v1/assets': 'anybody',
  '/api/v1/balances': 'ViewOwnAccount',
  '/api/v1/fees': 'ViewOwnAccount',
  '/api/v1/fills': 'ViewOwnAccount',
  '/api/v1/instruments': 'anybody',
  '/api/v1/instruments/BTCUSD': 'anybody',
  '/api/v1/instruments/BTCUSD/book': 'anybody',
  '/api/v1/instruments/BTCUSD/candles': 'anybody',
  '/api/v1/instruments/BTCUSD/phase': 'anybody',
  '/api/v1/instruments/BTCUSD/ticker': 'anybody',
  '/api/v1/instruments/BTCUSD/trades': 'anybody',
  '/api/v1/log/90': 'ReadLog',
  '/api/v1/node': 'ViewNodes',
  '/api/v1/orders': 'ViewOwnAccount',
  '/api/v1/orders/by-client-order-id/a': 'ViewOwnAccount',
  '/api/v1/orders/open': 'ViewOwnAccount',
  '/api/v1/orders/1': 'ViewOwnAccount',
  '/api/v1/phases': 'anybody',
  '/api/v1/positions': 'ViewOwnAccount',
  '/api/v1/positions/history': 'ViewOwnAccount',
  '/api/v1/postings': 'ViewOwnAccount',
  '/api/v1/profile': 'LogIn',
  '/api/v1/status': 'anybody',
  '/api/v1/tickers': 'anybody',
  '/api/v1/time': 'anybody',
  '/api/v1/trades': 'ViewMarket',
  '/errors': 'anybody',
  '/errors/late': 'anybody',
  '/status.json': 'anybody',
};

test('every route with every role: refused exactly where the table of permissions says so', async () => {
  const users = directory();
  const access = testAccess();
  const { url, checker } = await startRoutes({
    access: {
      ...access,
      prove: (proof) => {
        if (proof.kind !== 'token') return undefined;
        const user = users.user(1)!;
        user.role = Number(proof.token) as Role;
        return principalOf(user);
      },
    },
  });
  const patterns = Object.keys(ACTIONS).map((path) => `GET ${path}`);
  const tested = checker.operations.map((operation) =>
    patterns.find((path) => new RegExp(`^${operation.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path)),
  );
  assert.deepEqual([checker.operations.length, tested.includes(undefined)], [patterns.length, false]);
  for (const [path, action] of Object.entries(ACTIONS)) {
    const anonymous = await fetch(`${url}${path}`);
    assert.equal(anonymous.status === 401, action !== 'anybody', path);
    await anonymous.body?.cancel();
    for (const role of Object.values(Role)) {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${role}` } });
      const { code } = (await response.json()) as { code?: string };
      const allowed = action === 'anybody' || isAllowed(role, Action[action as keyof typeof Action]);
      assert.equal(code !== 'not-permitted', allowed, `${path} as ${role}`);
    }
  }
});

test('the checker of answers finds a field too many, one missing, and a status or a header that is not in the document', async () => {
  const { checker } = await startRoutes();
  const type = { 'content-type': 'application/json; charset=utf-8' };
  const faults = (status: number, body: object, head = {}) =>
    checker.faults('GET', '/api/v1/status', status, new Headers({ ...type, ...head }), body);
  assert.deepEqual(faults(200, { state: 'serving', sequence: 1 }), []);
  assert.equal(faults(200, { state: 'serving', sequence: 1, more: 1 }).length > 0, true);
  assert.equal(faults(200, { state: 'serving' }).length > 0, true);
  assert.equal(faults(200, { state: 'asleep', sequence: 1 }).length > 0, true);
  assert.deepEqual(faults(201, {}), ['GET /api/v1/status does not have 201 application/json']);
  assert.deepEqual(faults(200, { state: 'serving', sequence: 1 }, { 'ratelimit-limit': '5' }), []);
  assert.deepEqual(faults(200, { state: 'serving', sequence: 1 }, { 'retry-after': '5' }), [
    'GET /api/v1/status 200 does not have Retry-After',
  ]);
  assert.deepEqual(checker.faults('GET', '/api/v1/none', 200, new Headers(), {}), [
    'GET /api/v1/none is not in the document',
  ]);
});
