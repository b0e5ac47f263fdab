import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventInput } from '#codec/log/record-types.ts';
import { ApiKeyKind } from '#domain/commands.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { AccessRefusal } from './access-refusal.ts';
import {
  ApiKeyProof,
  FUTURE_MS_MAX,
  isApiToken,
  makeApiToken,
  NONCE_KEPT_MS,
  type SignedRequest,
  tokenVerifier,
  WINDOW_MS_MAX,
} from './api-key-proof.ts';
import { rawEd25519Bytes } from './ed25519.ts';
import { HmacSecrets, hmacFingerprint } from './hmac-secrets.ts';
import { nodeSecretsKey } from './node-keys.ts';
import { NonceLimits, NonceMemory } from './nonce-memory.ts';
import { canonicalRequest } from './signed-request.ts';
import { answerOf, directoryOf, keyAdded, ManualAccessClock, say, userAdded } from './test-support.ts';
import { type ApiKey, UserDirectory } from './user-directory.ts';

const DIRECTORY = temporaryDirectory('keys');

/** The test vector of docs/access.md; its key is that of RFC 8032, 7.1, test 1. */
const PRIVATE_KEY_PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`;
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const HMAC_SECRET = 'a-secret-for-the-test-vector';
const REQUEST = {
  timestampMs: 1_700_000_000_000,
  nonce: 'n-0001',
  method: 'POST',
  target: '/api/v1/orders?dryRun=true',
  body: Buffer.from('{"symbol":"BTCUSD"}'),
};
const CANONICAL = `HIVE1
1700000000000
n-0001
POST
/api/v1/orders?dryRun=true
919374628906e3a170dc66f89a7608cf08373ea5a652bd1b63d22eb414939a19`;
const ED25519_SIGNATURE =
  'jlIFbRyOYs7cav89aaABszgcexUzDKPA/5yDMmBEdpUH4dTVtrptsHnc9GCByjbfrqRULIbSC2aCxcFOxzMJCg==';
const HMAC_SIGNATURE = 'ea3f3dca8c14c4619fd6adda827bff8c479f8fc9a4aeaef843a685ac25347baf';

const privateKey = createPrivateKey(PRIVATE_KEY_PEM);
const [ED25519, HMAC, TOKEN, READ_ONLY] = [5, 6, 7, 8];
const token = makeApiToken(TOKEN);

function venue(more: EventInput[] = [], limits: NonceLimits = NonceLimits) {
  const clock = new ManualAccessClock();
  const directory = directoryOf(
    userAdded(1, 'ANN'),
    keyAdded(ED25519, 1, rawEd25519Bytes(createPublicKey(privateKey))),
    keyAdded(HMAC, 1, hmacFingerprint(HMAC_SECRET), { kind: ApiKeyKind.Hmac }),
    keyAdded(TOKEN, 1, tokenVerifier(token), { kind: ApiKeyKind.Token }),
    keyAdded(READ_ONLY, 1, rawEd25519Bytes(createPublicKey(privateKey)), { readOnly: 1 }),
    ...more,
  );
  const secrets = new HmacSecrets(DIRECTORY, nodeSecretsKey(DIRECTORY));
  secrets.keep(HMAC, HMAC_SECRET);
  const nonces = new NonceMemory(NONCE_KEPT_MS, clock, limits);
  const proof = new ApiKeyProof(directory, secrets, { clock, nonces });
  // So that a request may be as old as any window: the proof refuses what was signed before it began.
  clock.passedMs += 10 * WINDOW_MS_MAX;
  const request = (nonce: string, change: Partial<SignedRequest> = {}): SignedRequest => {
    const timestampMs = change.timestampMs ?? clock.wallMs();
    const payload = change.payload ?? canonicalRequest({ ...REQUEST, timestampMs, nonce });
    const signature =
      change.keyId === HMAC
        ? createHmac('sha256', HMAC_SECRET).update(payload).digest()
        : sign(null, payload, privateKey);
    return { keyId: ED25519, timestampMs, nonce, payload, signature, ...change };
  };
  const signed = (whole: SignedRequest, of = proof, refusalOf?: (key: ApiKey) => AccessRefusal) => {
    const key = of.named(whole);
    return key instanceof AccessRefusal ? key : of.signed(key, whole, refusalOf);
  };
  const prove = (nonce: string, change?: Partial<SignedRequest>) =>
    answerOf(signed(request(nonce, change)), ({ keyId, user }) => `${user.name} ${keyId}`);
  return { signed, clock, directory, secrets, proof, request, prove };
}

test('the test vector: our text and signatures are those of docs/access.md', () => {
  const payload = canonicalRequest(REQUEST);
  assert.equal(payload.toString(), CANONICAL);
  assert.equal(rawEd25519Bytes(createPublicKey(privateKey)).toString('hex'), PUBLIC_KEY);
  assert.equal(sign(null, payload, privateKey).toString('base64'), ED25519_SIGNATURE);
  assert.equal(createHmac('sha256', HMAC_SECRET).update(payload).digest('hex'), HMAC_SIGNATURE);
  const document = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8');
  for (const piece of [PRIVATE_KEY_PEM, CANONICAL, ED25519_SIGNATURE, HMAC_SIGNATURE, HMAC_SECRET]) {
    assert.ok(document.includes(piece.trim()), piece);
  }
});

test('the test vector: openssl signs the same', (context) => {
  try {
    execFileSync('openssl', ['version']);
  } catch {
    return context.skip('openssl is not installed');
  }
  const file = (name: string, content: string): string => {
    const path = join(DIRECTORY, name);
    writeFileSync(path, content);
    return path;
  };
  const key = file('vector.pem', PRIVATE_KEY_PEM);
  const text = file('vector.txt', CANONICAL);
  const signature = execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', key, '-rawin', '-in', text]);
  assert.equal(signature.toString('base64'), ED25519_SIGNATURE);
  const hmac = execFileSync('openssl', ['dgst', '-sha256', '-hmac', HMAC_SECRET, '-r', text]);
  assert.equal(hmac.toString().split(' ')[0], HMAC_SIGNATURE);
  const body = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: REQUEST.body });
  assert.equal(body.toString().split(' ')[0], CANONICAL.split('\n')[5]);
});

test('a request is what was signed: any change of it is refused', () => {
  const { prove, request, signed } = venue();
  assert.equal(prove('a'), 'ANN 5');
  assert.equal(prove('a', { keyId: HMAC }), 'ANN 6');
  const { payload, signature, ...rest } = request('b');
  for (let at = 0; at < payload.length; at++) {
    const changed = Buffer.from(payload);
    changed[at] ^= 1;
    assert.equal(answerOf(signed({ ...rest, payload: changed, signature })), 'WRONG_SIGNATURE', `byte ${at}`);
  }
  for (let at = 0; at < signature.length; at++) {
    const changed = Buffer.from(signature);
    changed[at] ^= 1;
    assert.equal(answerOf(signed({ ...rest, payload, signature: changed })), 'WRONG_SIGNATURE', `byte ${at}`);
  }
  for (const length of [0, 31, 32, 33, 63, 65]) {
    for (const keyId of [ED25519, HMAC]) {
      assert.equal(prove('c', { keyId, signature: new Uint8Array(length) }), 'WRONG_SIGNATURE');
    }
  }
  assert.equal(prove('b'), 'ANN 5', 'what was refused has used up no nonce');
});

test('a nonce is good once for a key, for as long as the request could be in any window', () => {
  const { prove, request, clock, signed } = venue();
  const first = request('a', { windowMs: WINDOW_MS_MAX, isWindowSigned: true });
  assert.equal(answerOf(signed(first)), 'ok');
  assert.equal(answerOf(signed(first)), 'REPLAYED');
  assert.equal(prove('a'), 'REPLAYED', 'with another timestamp too');
  assert.equal(prove('a', { keyId: HMAC }), 'ANN 6', 'the other key has its own');
  clock.passedMs += WINDOW_MS_MAX;
  assert.equal(answerOf(signed(first)), 'REPLAYED');
  clock.passedMs += 1;
  assert.equal(answerOf(signed(first)), 'OUTSIDE_WINDOW');
});

test('the window: five seconds or less where the request says so, a minute where that is signed, one second ahead', () => {
  const { prove, clock } = venue();
  const now = clock.wallMs();
  let count = 0;
  const aged = (ageMs: number, windowMs?: number, isWindowSigned = false) =>
    prove(`n${count++}`, {
      timestampMs: now - ageMs,
      isWindowSigned,
      ...(windowMs === undefined ? {} : { windowMs }),
    });
  assert.deepEqual([aged(5_000), aged(5_001)], ['ANN 5', 'OUTSIDE_WINDOW']);
  assert.deepEqual([aged(100, 100), aged(101, 100)], ['ANN 5', 'OUTSIDE_WINDOW']);
  assert.deepEqual([aged(5_000, 60_000), aged(5_001, 60_000)], ['ANN 5', 'OUTSIDE_WINDOW']);
  assert.deepEqual([aged(100, 100, true), aged(101, 100, true)], ['ANN 5', 'OUTSIDE_WINDOW']);
  assert.deepEqual([aged(60_000, 60_000, true), aged(60_001, 60_000, true)], ['ANN 5', 'OUTSIDE_WINDOW']);
  assert.deepEqual([aged(60_000, 1e9, true), aged(60_001, 1e9, true)], ['ANN 5', 'OUTSIDE_WINDOW']);
  assert.deepEqual([aged(-1_000), aged(-1_001)], ['ANN 5', 'OUTSIDE_WINDOW']);
  for (const timestampMs of [Number.NaN, now + 0.5, Number.POSITIVE_INFINITY]) {
    assert.equal(prove(`n${count++}`, { timestampMs }), 'OUTSIDE_WINDOW');
  }
  assert.equal(aged(0, Number.NaN), 'OUTSIDE_WINDOW');
  assert.equal(aged(0, -1), 'OUTSIDE_WINDOW');
});

test('a copy is REPLAYED where the clock was set back, for as long as it is in its window again', () => {
  const { clock, request, signed } = venue();
  const captured = request('a', { windowMs: WINDOW_MS_MAX, isWindowSigned: true });
  assert.equal(answerOf(signed(captured)), 'ok');
  clock.wallOffsetMs = -30_000;
  clock.passedMs += WINDOW_MS_MAX + FUTURE_MS_MAX + 1;
  assert.equal(answerOf(signed(captured)), 'REPLAYED');
  clock.passedMs += 28_999;
  assert.equal(answerOf(signed(captured)), 'REPLAYED');
  clock.passedMs += 1;
  assert.equal(answerOf(signed(captured)), 'OUTSIDE_WINDOW');
});

test('a copy is REPLAYED up to the last millisecond of the longest window, of a request from as far ahead as is allowed', () => {
  const { clock, request, signed } = venue();
  const captured = request('a', {
    timestampMs: clock.wallMs() + FUTURE_MS_MAX,
    windowMs: WINDOW_MS_MAX,
    isWindowSigned: true,
  });
  assert.equal(answerOf(signed(captured)), 'ok');
  clock.passedMs += FUTURE_MS_MAX + WINDOW_MS_MAX;
  assert.equal(answerOf(signed(captured)), 'REPLAYED');
  clock.passedMs++;
  assert.equal(answerOf(signed(captured)), 'OUTSIDE_WINDOW');
});

test('a copy with a longer window is as old as the request that was signed', () => {
  const { clock, request, signed } = venue();
  const captured = request('a');
  clock.passedMs += 50_000;
  assert.equal(answerOf(signed(captured)), 'OUTSIDE_WINDOW');
  assert.equal(answerOf(signed({ ...captured, windowMs: WINDOW_MS_MAX })), 'OUTSIDE_WINDOW');
});

test('what the node can have taken before it started is refused: its nonces are forgotten', () => {
  const { directory, secrets, clock, request, signed } = venue();
  const captured = request('a', { timestampMs: clock.wallMs() + 990 });
  assert.equal(answerOf(signed(captured)), 'ok');
  clock.passedMs += 800;
  const restarted = new ApiKeyProof(directory, secrets, { clock });
  assert.equal(answerOf(signed(captured, restarted)), 'OUTSIDE_WINDOW');
  clock.passedMs += FUTURE_MS_MAX;
  assert.equal(answerOf(signed(request('b'), restarted)), 'OUTSIDE_WINDOW');
  clock.passedMs += 1;
  assert.equal(answerOf(signed(request('b'), restarted)), 'ok');
});

test('nonces: their form, and a full memory', () => {
  const { prove } = venue([], { ...NonceLimits, PER_KEY_MAX: 2 });
  for (const nonce of ['', 'a b', 'ä', 'x'.repeat(65), 'a\n']) assert.equal(prove(nonce), 'MALFORMED_NONCE');
  assert.deepEqual(
    ['x'.repeat(64), 'A.z_9-='].map((nonce) => prove(nonce)),
    ['ANN 5', 'ANN 5'],
  );
  assert.equal(prove('c'), 'TOO_MANY_NONCES 61001');
});

test('a proven request that is refused keeps no nonce, and is not taken later: nor is any that was signed before it', () => {
  const { clock, proof, request, signed } = venue([], { ...NonceLimits, PER_KEY_MAX: 2 });
  const limited = () => new AccessRefusal('RATE_LIMITED', 100);
  const older = request('a');
  clock.passedMs += 1;
  const refused = request('b');
  assert.equal(answerOf(signed(refused, proof, limited)), 'RATE_LIMITED 100');
  assert.deepEqual(
    [older, refused].map((each) => answerOf(signed(each))),
    ['OUTSIDE_WINDOW', 'OUTSIDE_WINDOW'],
  );
  assert.equal(answerOf(signed(request('b', { keyId: HMAC }))), 'ok', 'the other key goes on');
  clock.passedMs += 1;
  assert.deepEqual(
    ['b', 'c', 'd'].map((nonce) => answerOf(signed(request(nonce)))),
    ['ok', 'ok', 'TOO_MANY_NONCES 61000'],
  );
  const wrong = { ...request('e'), signature: new Uint8Array(64) };
  clock.passedMs += 1;
  assert.equal(
    answerOf(signed({ ...wrong, timestampMs: clock.wallMs() }, proof, limited)),
    'WRONG_SIGNATURE',
  );
  assert.equal(
    answerOf(signed(request('f'), proof, limited)),
    'RATE_LIMITED 100',
    'who cannot sign stops nobody',
  );
});

test('what was refused stays refused where the node loses events and is told of its keys anew', () => {
  const { clock, directory, proof, request, signed } = venue();
  const refused = request('a');
  assert.equal(
    answerOf(signed(refused, proof, () => new AccessRefusal('RATE_LIMITED', 100))),
    'RATE_LIMITED 100',
  );
  directory.onRestart();
  say(directory, userAdded(1, 'ANN'), keyAdded(ED25519, 1, rawEd25519Bytes(createPublicKey(privateKey))));
  directory.onImage();
  assert.equal(answerOf(signed(refused)), 'OUTSIDE_WINDOW');
  clock.passedMs += 1;
  assert.equal(answerOf(signed(request('a'))), 'ok');
});

test('keys: unknown, revoked, expired, of another kind, of a disabled user, of a directory that is not ready', () => {
  const { prove, directory, clock, request, signed } = venue();
  assert.equal(prove('a', { keyId: 99 }), 'UNKNOWN_API_KEY');
  assert.equal(prove('a', { keyId: TOKEN }), 'UNKNOWN_API_KEY');
  const expireSeconds = Math.ceil(clock.wallMs() / 1_000) + 1;
  say(directory, keyAdded(10, 1, rawEd25519Bytes(createPublicKey(privateKey)), { expireSeconds }));
  clock.passedMs += expireSeconds * 1_000 - 1 - clock.wallMs();
  assert.equal(prove('a', { keyId: 10 }), 'ANN 10');
  clock.passedMs += 1;
  assert.equal(prove('b', { keyId: 10 }), 'API_KEY_EXPIRED');
  say(directory, { type: 'ApiKeyRevoked', keyId: ED25519, targetUserId: 1 });
  assert.equal(prove('c'), 'UNKNOWN_API_KEY');
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 0 });
  const forged = { keyId: READ_ONLY, signature: randomBytes(64) };
  assert.equal(prove('d', forged), 'WRONG_SIGNATURE', 'strangers are not told how a key stands');
  assert.equal(prove('d', { keyId: READ_ONLY }), 'USER_DISABLED');
  assert.equal(prove('d', forged), 'USER_DISABLED', 'what its holder was told costs no signature again');
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 1 });
  assert.equal(prove('d', forged), 'WRONG_SIGNATURE');
  assert.equal(prove('d', { keyId: READ_ONLY }), 'ANN 8');
  directory.onRestart();
  assert.equal(answerOf(signed(request('e'))), 'NOT_READY');
});

test('an id that was revoked and given to another key is proven by the new one only', () => {
  const { prove, directory } = venue();
  assert.equal(prove('a'), 'ANN 5');
  say(
    directory,
    { type: 'ApiKeyRevoked', keyId: ED25519, targetUserId: 1 },
    keyAdded(ED25519, 1, randomBytes(32)),
    { type: 'ApiKeyRevoked', keyId: HMAC, targetUserId: 1 },
    keyAdded(HMAC, 1, hmacFingerprint('another secret'), { kind: ApiKeyKind.Hmac }),
  );
  assert.equal(prove('b'), 'WRONG_SIGNATURE');
  assert.equal(prove('b', { keyId: HMAC }), 'SECRET_NOT_HERE');
});

test('a public key that is none proves nothing', () => {
  const { prove } = venue([0, 255].map((byte) => keyAdded(20 + byte, 1, new Uint8Array(32).fill(byte))));
  for (const byte of [0, 255]) {
    for (const signature of [new Uint8Array(64), randomBytes(64)]) {
      assert.equal(prove('a', { keyId: 20 + byte, signature }), 'WRONG_SIGNATURE');
    }
  }
});

test('tokens: right, wrong in any character, revoked, expired, of a disabled user', () => {
  const { proof, directory } = venue();
  const prove = (text: string) => answerOf(proof.token(text), ({ user, keyId }) => `${user.name} ${keyId}`);
  assert.match(token, /^hive_7_[\w-]{43}$/);
  assert.ok(isApiToken(token));
  assert.equal(prove(token), 'ANN 7');
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'A' ? 'B' : 'A';
    assert.equal(
      prove(token.slice(0, at) + other + token.slice(at + 1)),
      'UNKNOWN_API_KEY',
      `character ${at}`,
    );
  }
  for (const text of ['', 'hive_', `${token}A`, token.replace('_7_', '_5_'), token.replace('_7_', '_07_')]) {
    assert.equal(prove(text), 'UNKNOWN_API_KEY', text);
  }
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 0 });
  assert.equal(prove(token), 'USER_DISABLED');
  say(directory, { type: 'ApiKeyRevoked', keyId: TOKEN, targetUserId: 1 });
  assert.equal(prove(token), 'UNKNOWN_API_KEY');
  const expired = directoryOf(
    userAdded(1, 'ANN'),
    keyAdded(TOKEN, 1, tokenVerifier(token), { kind: ApiKeyKind.Token, expireSeconds: 1 }),
  );
  const secrets = new HmacSecrets(DIRECTORY, nodeSecretsKey(DIRECTORY));
  assert.equal(answerOf(new ApiKeyProof(expired, secrets).token(token)), 'API_KEY_EXPIRED');
  assert.equal(answerOf(new ApiKeyProof(new UserDirectory(), secrets).token(token)), 'NOT_READY');
});
