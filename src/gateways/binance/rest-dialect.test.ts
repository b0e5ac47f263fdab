import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, testAccess } from '../rest/test-support.ts';
import type { BinanceSources, PublicOperation } from './operations.ts';
import { BinanceRest } from './rest-dialect.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const place: PublicOperation = { method: 'POST', path: '/order', weight: 1, prepare: () => () => ({}) };

test('what no operation has read counts as what says nobody, and is told what was used', async (t) => {
  const access = testAccess(5);
  const dialect = new BinanceRest({ access } as BinanceSources, [place], () => assert.fail('a bug'));
  const { server, url } = await startServer([], { access, dialects: [dialect] });
  t.after(() => server.close());
  const told = async (path: string, headers: Record<string, string>, body: string) => {
    const answer = await fetch(`${url}/api/v3${path}`, { method: 'POST', headers, body });
    const { code } = (await answer.json()) as { readonly code?: number };
    return [answer.status, code, answer.headers.get('x-mbx-used-weight-1m')];
  };
  const large = 'x'.repeat(70_000);
  assert.deepEqual(await told('/order', FORM, ''), [200, undefined, '1']);
  assert.deepEqual(await told('/none', FORM, ''), [404, -1020, '2']);
  assert.deepEqual(await told('/order', FORM, large), [400, -1130, '3']);
  assert.deepEqual(await told('/order', { 'content-type': 'text/plain' }, 'x'), [400, -1130, '4']);
  assert.deepEqual(await told('/order', { ...FORM, 'content-encoding': 'gzip' }, ''), [415, -1130, '5']);
  assert.deepEqual(await told('/none', FORM, ''), [429, -1003, '5']);
  assert.deepEqual(await told('/order', FORM, large), [429, -1003, '5']);
});
