import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonicalRequest } from '#gateways/identity/signed-request.ts';
import { type Answer, PASSWORD, RestNode } from '../support/rest-node.ts';

const reason = 'a test';
const ORDER = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '1', price: '1.00' };

function brief({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${body.code}`;
}

test('credentials over REST', { timeout: 120_000 }, async (t) => {
  const venue = await RestNode.start(t);
  const admin = await venue.logIn('admin');
  const ann = await venue.logIn('U1');
  await venue.untilSignaturesCount();
  const secrets = () => readdirSync(join(venue.directory, 'secrets')).sort();

  /** A request that a key signs, with what `sign` makes of the text. */
  async function signed(keyId: number, method: string, path: string, prove: (text: Uint8Array) => Buffer) {
    const target = `/api/v1${path}`;
    const [timestampMs, nonce] = [Date.now(), randomUUID()];
    const body = new Uint8Array();
    const signature = prove(canonicalRequest({ timestampMs, nonce, method, target, body })).toString(
      'base64',
    );
    const authorization = `HIVE1 key=${keyId}, timestamp=${timestampMs}, nonce=${nonce}, signature=${signature}`;
    return venue.as(authorization).send(method, path);
  }

  await t.test('a login’s token is renewed; a key’s is not, nor is one that was revoked', async () => {
    const login = await venue.anybody.post('/login', { name: 'U2', password: PASSWORD });
    const first = venue.bearer(login.body.token);
    const renewed = await first.post('/token', undefined);
    assert.equal(renewed.status, 200);
    assert.notEqual(renewed.body.token, login.body.token);
    assert.ok(renewed.body.expiresMs >= login.body.expiresMs);
    const second = venue.bearer(renewed.body.token);
    assert.equal(brief(await second.get('/profile')), '200');
    const added = await second.post('/keys', { kind: 'token', reason });
    const byKey = venue.bearer(added.body.token);
    assert.equal(brief(await byKey.post('/token', undefined)), '403 not-renewable');
    assert.equal(brief(await venue.anybody.post('/token', undefined)), '401 not-authenticated');
    assert.equal(brief(await first.delete('/tokens?reason=out')), '200');
    assert.equal(brief(await second.post('/token', undefined)), '401 token-revoked');
    assert.equal(brief(await byKey.delete(`/keys/${added.body.keyId}?reason=out`)), '200');
  });

  await t.test('an Ed25519 key of one’s own', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
    const added = await ann.post('/keys', {
      kind: 'ed25519',
      publicKey: raw,
      label: 'laptop',
      keyId: 40,
      reason,
    });
    assert.deepEqual(added, { status: 200, body: { sequence: added.body.sequence, keyId: 40 } });
    const prove = (text: Uint8Array) => sign(null, text, privateKey);
    assert.equal(brief(await signed(40, 'GET', '/profile', prove)), '200');
    assert.equal(brief(await signed(40, 'DELETE', '/orders', prove)), '200');
    assert.deepEqual((await ann.get('/keys')).body.items, [
      { keyId: 40, userId: 1, label: 'laptop', kind: 'ed25519', readOnly: false },
    ]);
    assert.equal(brief(await ann.delete('/keys/40?reason=gone')), '200');
    assert.equal(brief(await signed(40, 'GET', '/profile', prove)), '401 unknown-api-key');
    assert.equal(brief(await ann.delete('/keys/40?reason=gone')), '404 UNKNOWN_API_KEY');
  });

  await t.test(
    'an HMAC key: its secret is shown once, kept here encrypted, and forgotten with the key',
    async () => {
      const { body } = await ann.post('/keys', { kind: 'hmac', reason });
      const prove = (text: Uint8Array) => createHmac('sha256', body.secret).update(text).digest();
      assert.equal(brief(await signed(body.keyId, 'GET', '/profile', prove)), '200');
      assert.deepEqual(secrets(), [String(body.keyId)]);
      const taken = { kind: 'hmac', keyId: body.keyId, reason };
      assert.equal(brief(await admin.post('/keys', taken)), '409 ALREADY_EXISTS');
      assert.equal(brief(await signed(body.keyId, 'GET', '/profile', prove)), '200');
      const two = await Promise.all([1, 2].map(() => ann.post('/keys', { kind: 'hmac', keyId: 77, reason })));
      assert.deepEqual(two.map(brief).sort(), ['200', '409 ALREADY_EXISTS']);
      assert.deepEqual(secrets(), [String(body.keyId), '77'].sort());
      for (const keyId of [body.keyId, 77])
        assert.equal(brief(await ann.delete(`/keys/${keyId}?reason=x`)), '200');
      assert.deepEqual(secrets(), []);
      // What the core refuses leaves no secret behind.
      const expired = { kind: 'hmac', expireTime: '2020-01-01T00:00:00Z', reason };
      assert.equal(brief(await ann.post('/keys', expired)), '422 INVALID_CONFIGURATION');
      assert.deepEqual(secrets(), []);
    },
  );

  await t.test('a token: with and without the right to change things', async () => {
    const { body } = await ann.post('/keys', { kind: 'token', readOnly: true, reason });
    const reader = venue.bearer(body.token);
    assert.equal(brief(await reader.get('/profile')), '200');
    assert.equal(brief(await reader.post('/orders', ORDER)), '403 read-only-key');
    assert.equal(brief(await reader.post('/keys', { kind: 'token', reason })), '403 read-only-key');
    const writer = venue.bearer((await ann.post('/keys', { kind: 'token', reason })).body.token);
    assert.equal(brief(await writer.post('/orders', ORDER)), '200');
  });

  await t.test('a key of another is none that one can name; admins can', async () => {
    const { body } = await ann.post('/keys', { kind: 'token', reason });
    const bob = await venue.logIn('U2');
    const path = `/keys/${body.keyId}?reason=mine`;
    assert.equal(brief(await bob.delete(path)), '404 UNKNOWN_API_KEY');
    assert.equal(brief(await bob.delete(`/admin/users/1${path}`)), '403 not-permitted');
    assert.equal(brief(await admin.delete(`/admin/users/2${path}`)), '404 UNKNOWN_API_KEY');
    assert.equal(brief(await admin.delete(`/admin/users/1${path}`)), '200');
    assert.equal(brief(await venue.bearer(body.token).get('/profile')), '401 unknown-api-key');
    const made = await admin.post('/admin/users/2/keys', { kind: 'token', reason });
    assert.equal((await venue.bearer(made.body.token).get('/profile')).body.user.userId, 2);
    assert.equal(
      brief(await admin.post('/admin/users/999/keys', { kind: 'token', reason })),
      '404 UNKNOWN_USER',
    );
  });

  await t.test('a public key goes with its kind', async () => {
    const key = Buffer.alloc(32).toString('base64');
    const details = async (body: object) => (await ann.post('/keys', { ...body, reason })).body.detail;
    assert.equal(await details({ kind: 'ed25519' }), 'publicKey is missing: kind ed25519 needs it');
    assert.equal(await details({ kind: 'token', publicKey: key }), 'publicKey is for kind ed25519 only');
    assert.match(
      await details({ kind: 'ed25519', publicKey: key.slice(1) }),
      /^publicKey must be the 32 bytes/,
    );
    for (let count = 0; count < 33; count++) await ann.post('/keys', { kind: 'token', reason });
    assert.equal(brief(await ann.post('/keys', { kind: 'token', reason })), '409 CAPACITY');
  });

  await t.test('log out everywhere, and log in again', async () => {
    const here = await venue.logIn('viewer');
    const there = await venue.logIn('viewer');
    assert.equal(brief(await here.delete('/tokens?reason=lost%20phone')), '200');
    for (const client of [here, there])
      assert.equal(brief(await client.get('/profile')), '401 token-revoked');
    const again = await venue.logIn('viewer');
    assert.equal(brief(await again.get('/profile')), '200');
    assert.equal(brief(await admin.delete('/admin/users/20/tokens?reason=left')), '200');
    assert.equal(brief(await again.get('/profile')), '401 token-revoked');
  });

  await t.test(
    'a one-time password sets another and does nothing else; a disabled user does nothing',
    async () => {
      const set = { password: 'a one-time password', reason };
      assert.equal(brief(await admin.put('/admin/users/20/password', set)), '200');
      const login = (password: string) => venue.anybody.post('/login', { name: 'viewer', password });
      assert.equal(brief(await login('a one-time password')), '403 password-change-required');
      const change = (password: string, newPassword: string) =>
        venue.anybody.put('/password', { name: 'viewer', password, newPassword, reason });
      assert.equal(
        brief(await change('a one-time password', 'a one-time password')),
        '422 unsuitable-password',
      );
      assert.equal(brief(await change('a one-time password', 'for many times now')), '200');
      assert.equal(brief(await login('for many times now')), '200');
      await admin.put('/admin/users/20/enabled', { enabled: false, reason });
      assert.equal(brief(await login('for many times now')), '403 user-disabled');
      assert.equal(brief(await change('for many times now', 'and yet another')), '403 user-disabled');
      const fail = () => change('wrong', 'and yet another');
      const failures = await Promise.all(Array.from({ length: 8 }, fail));
      assert.ok(failures.some(({ body }) => body.code === 'too-many-failures'));
    },
  );
});
