import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Role } from '#domain/commands.ts';
import { Action, isAllowed } from '#domain/permissions.ts';
import { directory, startRoutes } from '../../../test/support/rest-routes.ts';
import { type AccessCode, AccessRefusal, AccessRefusals } from '../identity/access-refusal.ts';
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

test('the checker of answers finds a field too many, one missing, and a status, a header or a problem that is not in the document', async () => {
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
  const problem = (code: string) => {
    const body = { type: `/errors/${code}`, title: '', status: 401, detail: '', code, retry: false };
    const head = new Headers({ 'content-type': 'application/problem+json; charset=utf-8' });
    return checker.faults('GET', '/api/v1/status', 401, head, body);
  };
  assert.deepEqual(problem('invalid-token'), []);
  assert.deepEqual(problem('wrong-password'), ['GET /api/v1/status 401 does not name wrong-password']);
  assert.deepEqual(checker.faults('GET', '/api/v1/none', 200, new Headers(), {}), [
    'GET /api/v1/none is not in the document',
  ]);
});

test('every refusal of a token or a signature, also where nobody has to say who it is, is one that the document names', async () => {
  const ofLogins = [
    'WRONG_PASSWORD',
    'TOO_MANY_FAILURES',
    'TOO_MANY_LOGINS',
    'UNSUITABLE_PASSWORD',
    'LOGIN_TOO_OLD',
    'NOT_RENEWABLE',
  ];
  const ofRoles = ['NOT_PERMITTED', 'READ_ONLY_KEY'];
  const codes = Object.keys(AccessRefusals).filter((code) => ![...ofLogins, ...ofRoles].includes(code));
  const { url, checker } = await startRoutes({
    access: {
      ...testAccess(),
      prove: (proof) => (proof.kind === 'token' ? new AccessRefusal(proof.token as AccessCode) : undefined),
    },
  });
  const answered = async (path: string, code: string) => {
    const { body } = await checker.fetch(`${url}${path}`, { headers: { authorization: `Bearer ${code}` } });
    return (body as { code: string }).code;
  };
  for (const path of ['/api/v1/time', '/api/v1/profile']) {
    for (const code of codes)
      assert.equal(await answered(path, code), code.toLowerCase().replaceAll('_', '-'), path);
  }
});
