import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { AccessControl } from '../identity/access-control.ts';
import { rawEd25519Bytes } from '../identity/ed25519.ts';
import { HmacSecrets } from '../identity/hmac-secrets.ts';
import { nodeSecretsKey, nodeSigningKey } from '../identity/node-keys.ts';
import { hashPassword } from '../identity/password.ts';
import { canonicalRequest } from '../identity/signed-request.ts';
import { directoryOf, keyAdded, ManualAccessClock, say, userAdded } from '../identity/test-support.ts';
import { startTestRoutes } from './http-server-test-support.ts';

const DIRECTORY = temporaryDirectory('access-answers');
const SALT = new Uint8Array(16).fill(5);
const HASH = new Uint8Array(await hashPassword('right', SALT));
const TARGET = '/api/v1/orders';
const BODY = '{"clientOrderId":"abc","side":"buy"}';
const HEADERS = [
  'content-type',
  'www-authenticate',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
];
const CHALLENGE = 'Bearer realm="hive", HIVE1 realm="hive"';
const DONE = { who: 'ANN', body: { clientOrderId: 'abc', side: 'buy' } };

/** A server with the access of a venue: an order weighs 3 of the 6 that a user and an address have. */
async function venue() {
  const clock = new ManualAccessClock();
  const signingKey = nodeSigningKey(DIRECTORY);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const directory = directoryOf(
    userAdded(1, 'ANN', { salt: SALT, passwordHash: HASH }),
    keyAdded(5, 1, rawEd25519Bytes(publicKey)),
    {
      type: 'NodeKeyAdded',
      nodeId: 1,
      publicKey: new Uint8Array(rawEd25519Bytes(createPublicKey(signingKey))),
    },
  );
  const rate = { perSecond: 1, burst: 6 };
  const access = new AccessControl(directory, {
    nodeId: 1,
    signingKey,
    secrets: new HmacSecrets(DIRECTORY, nodeSecretsKey(DIRECTORY)),
    tokenSeconds: 900,
    loginSeconds: 43_200,
    signatureWindowMs: 5_000,
    userRate: rate,
    keyRate: rate,
    addressRate: rate,
    clock,
  });
  // What is signed in its first second is refused.
  clock.passedMs += 2_000;
  const { url } = await startTestRoutes({ access });
  const signed = (nonce: string, more = '', body = BODY) => {
    const timestampMs = clock.wallMs();
    const signedBody = Buffer.from(body);
    const text = canonicalRequest({ timestampMs, nonce, method: 'POST', target: TARGET, body: signedBody });
    const signature = sign(null, text, privateKey).toString('base64');
    return `HIVE1 key=5, timestamp=${timestampMs}, nonce=${nonce}, ${more}signature="${signature}"`;
  };
  /** Status, body without the id of the request, and what headers say of access. */
  const send = async (authorization: string) => {
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(url + TARGET, { method: 'POST', headers, body: BODY });
    const { instance, ...body } = (await response.json()) as Record<string, unknown>;
    if (response.status !== 200) assert.equal(instance, response.headers.get('x-request-id'));
    return [response.status, body, ...HEADERS.map((name) => response.headers.get(name))];
  };
  const logIn = async () => {
    const login = await access.logIn('ann', 'right', '127.0.0.1');
    assert.ok('token' in login);
    return `Bearer ${login.token}`;
  };
  return { clock, directory, signed, send, logIn };
}

/** An answer that refuses, with how its sender's rate stands then. */
function refused(
  status: number,
  code: string,
  meaning: string,
  [remaining, resetSeconds]: readonly [number, number],
  { retry = false, retryAfter = null as string | null } = {},
) {
  const body = {
    type: `/errors/${code}`,
    title: meaning,
    status,
    detail: `${meaning}: see docs/access.md`,
    code,
    retry,
  };
  const challenge = status === 401 ? CHALLENGE : null;
  const rate = ['6', String(remaining), String(resetSeconds)];
  return [status, body, 'application/problem+json; charset=utf-8', challenge, retryAfter, ...rate];
}

const done = (remaining: number, resetSeconds: number) => [
  200,
  DONE,
  'application/json; charset=utf-8',
  null,
  null,
  '6',
  String(remaining),
  String(resetSeconds),
];

test('a signed request outside the window, with a longer one of its own, and in a shorter one', async () => {
  const { clock, signed, send } = await venue();
  const outside = [401, 'outside-window', 'the timestamp is too old or lies in the future'] as const;
  const [late, longer, shorter] = [signed('a'), signed('b', 'window=60000, '), signed('c', 'window=100, ')];
  clock.passedMs += 5_001;
  assert.deepEqual(await send(late), refused(...outside, [3, 3], { retry: true }));
  assert.deepEqual(await send(longer), refused(...outside, [0, 6], { retry: true }));
  clock.passedMs += 6_000;
  assert.deepEqual(await send(shorter), refused(...outside, [3, 3], { retry: true }));
  assert.deepEqual(await send(signed('d', 'window=60000, ')), done(3, 3));
});

test('a signed request that is sent twice, and one whose body is another', async () => {
  const { clock, signed, send } = await venue();
  const once = signed('a');
  assert.deepEqual(await send(once), done(3, 3));
  const replayed = [401, 'replayed', 'the key has used this nonce before'] as const;
  assert.deepEqual(await send(once), refused(...replayed, [3, 3]));
  clock.passedMs += 3_000;
  const wrong = [401, 'wrong-signature', 'the signature does not fit the request and the key'] as const;
  assert.deepEqual(await send(signed('b', '', `${BODY} `)), refused(...wrong, [3, 3]));
});

test('a signed request above the rate is told its own limit, and its copy is refused later', async () => {
  const { clock, signed, send } = await venue();
  assert.deepEqual(await send(signed('a')), done(3, 3));
  assert.deepEqual(await send(signed('b')), done(0, 6));
  clock.passedMs += 1_000;
  const above = signed('c');
  const limited = [429, 'rate-limited', 'more requests than the rate limit allows'] as const;
  assert.deepEqual(await send(above), refused(...limited, [1, 5], { retry: true, retryAfter: '2' }));
  clock.passedMs += 2_000;
  const outside = [401, 'outside-window', 'the timestamp is too old or lies in the future'] as const;
  assert.deepEqual(await send(above), refused(...outside, [3, 3], { retry: true }));
  assert.deepEqual(await send(signed('c')), done(0, 6));
});

test('a bearer token that has expired, and one that was revoked: the first time and again', async () => {
  const { clock, directory, send, logIn } = await venue();
  const [seen, unseen] = [await logIn(), await logIn()];
  assert.deepEqual(await send(seen), done(3, 3));
  clock.passedMs += 900_000;
  const expired = [401, 'token-expired', 'the bearer token has expired'] as const;
  assert.deepEqual(await send(seen), refused(...expired, [3, 3]));
  assert.deepEqual(await send(unseen), refused(...expired, [0, 6]));
  const [known, other] = [await logIn(), await logIn()];
  assert.deepEqual(await send(known), done(3, 3));
  say(directory, { type: 'TokensRevoked', targetUserId: 1, revokedSeconds: 5, revokedNanos: 0 });
  clock.passedMs += 6_000;
  const revoked = [
    401,
    'token-revoked',
    'the bearer tokens of the user were revoked, or it has another password',
  ] as const;
  assert.deepEqual(await send(known), refused(...revoked, [3, 3]));
  assert.deepEqual(await send(other), refused(...revoked, [0, 6]));
  clock.passedMs += 3_000;
  assert.deepEqual(await send(other), refused(...revoked, [0, 6]));
});
