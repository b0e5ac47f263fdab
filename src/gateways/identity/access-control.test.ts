import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ApiKeyKind } from '#domain/commands.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { AccessControl, type Proof } from './access-control.ts';
import { type AccessCode, AccessRefusal, AccessRefusals } from './access-refusal.ts';
import { makeApiToken, tokenVerifier } from './api-key-proof.ts';
import { rawEd25519Bytes } from './ed25519.ts';
import { HmacSecrets, hmacFingerprint } from './hmac-secrets.ts';
import { nodeSecretsKey, nodeSigningKey } from './node-keys.ts';
import { NonceLimits } from './nonce-memory.ts';
import { hashPassword } from './password.ts';
import { canonicalRequest } from './signed-request.ts';
import { answerOf, directoryOf, keyAdded, ManualAccessClock, say, userAdded } from './test-support.ts';

const DIRECTORY = temporaryDirectory('access');
const SALT = new Uint8Array(16).fill(5);
const HASH = new Uint8Array(await hashPassword('right', SALT));
const HOME = '10.0.0.1';
const RATE = { perSecond: 1, burst: 3 };

function venue() {
  const clock = new ManualAccessClock();
  const signingKey = nodeSigningKey(DIRECTORY);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const apiToken = makeApiToken(6);
  const directory = directoryOf(
    userAdded(1, 'ANN', { salt: SALT, passwordHash: HASH }),
    keyAdded(5, 1, rawEd25519Bytes(publicKey)),
    keyAdded(6, 1, tokenVerifier(apiToken), { kind: ApiKeyKind.Token, readOnly: 1 }),
    {
      type: 'NodeKeyAdded',
      nodeId: 1,
      publicKey: new Uint8Array(rawEd25519Bytes(createPublicKey(signingKey))),
    },
  );
  const access = new AccessControl(directory, {
    nodeId: 1,
    signingKey,
    secrets: new HmacSecrets(DIRECTORY, nodeSecretsKey(DIRECTORY)),
    tokenSeconds: 900,
    loginSeconds: 43_200,
    signatureWindowMs: 5_000,
    userRate: { perSecond: 1, burst: 5 },
    keyRate: RATE,
    addressRate: RATE,
    clock,
  });
  // What is signed in its first second is refused.
  clock.passedMs += 2_000;
  const signature = (nonce: string): Proof & { kind: 'signature' } => {
    const timestampMs = clock.wallMs();
    const payload = canonicalRequest({
      timestampMs,
      nonce,
      method: 'GET',
      target: '/',
      body: new Uint8Array(),
    });
    const request = { keyId: 5, timestampMs, nonce, payload, signature: sign(null, payload, privateKey) };
    return { kind: 'signature', request };
  };
  const token = (text: string): Proof & { kind: 'token' } => ({ kind: 'token', token: text });
  const prove = async (proof: Proof, address: string | undefined = HOME) => {
    const answer = await access.prove(proof, address);
    return answer === undefined
      ? 'nobody'
      : answerOf(answer, ({ name, keyId, readOnly }) => `${name} ${keyId} ${readOnly}`);
  };
  return { clock, directory, access, apiToken, signature, token, prove };
}

test('every way to prove who one is, and none', async () => {
  const { access, apiToken, signature, token, prove } = venue();
  assert.equal(await prove({ kind: 'none' }), 'nobody');
  assert.equal(await prove(signature('a')), 'ANN 5 false');
  assert.equal(await prove(token(apiToken)), 'ANN 6 true');
  const login = await access.logIn('ann', 'right', HOME);
  assert.ok('token' in login);
  assert.equal(await prove(token(login.token)), 'ANN 0 false');
  const byKey = await access.logInByKey(token(apiToken), HOME);
  assert.ok('token' in byKey);
  assert.equal(await prove(token(byKey.token)), 'ANN 6 true');
  const bySignature = await access.logInByKey(signature('b'), HOME);
  assert.ok('token' in bySignature);
  assert.equal(await prove(token(bySignature.token)), 'ANN 5 false');
  assert.equal(answerOf(await access.logInByKey(signature('b'), HOME)), 'REPLAYED');
  assert.equal(answerOf(await access.logIn('ann', 'wrong', HOME)), 'WRONG_PASSWORD');
});

test('a bearer token does not come of a bearer token: logging in again needs the password or the key', async () => {
  const { access, token } = venue();
  const login = await access.logIn('ann', 'right', HOME);
  assert.ok('token' in login);
  assert.equal(answerOf(await access.logInByKey(token(login.token), HOME)), 'UNKNOWN_API_KEY');
});

test('passwords: changed by the user, or set by another', async () => {
  const { access } = venue();
  assert.equal(
    answerOf(await access.changePassword('ann', 'right', 'too short', HOME)),
    'UNSUITABLE_PASSWORD',
  );
  const changed = await access.changePassword('ann', 'right', 'correct horse battery', HOME);
  assert.ok(changed !== undefined && 'passwordHash' in changed);
  const set = await access.passwordFor(1, 'correct horse battery');
  assert.ok(set !== undefined && 'passwordHash' in set);
  assert.notDeepEqual(set.salt, changed.salt);
  assert.equal(await access.passwordFor(9, 'correct horse battery'), undefined);
});

test('sixty signatures of an address may prove nothing, then one a second; what needs none to be looked at goes on', async () => {
  const { clock, directory, access, apiToken, signature, token, prove } = venue();
  const [login, later] = [await access.logIn('ann', 'right', HOME), await access.logIn('ann', 'right', HOME)];
  assert.ok('token' in login && 'token' in later);
  assert.equal(await prove(token(login.token)), 'ANN 0 false');
  for (let failure = 0; failure < 60; failure++)
    assert.equal(await prove(token('no token')), 'INVALID_TOKEN');
  assert.equal(await prove(token('no token')), 'RATE_LIMITED 1000');
  assert.equal(await prove(signature('a')), 'RATE_LIMITED 1000');
  assert.equal(await prove(token(later.token)), 'RATE_LIMITED 1000', 'a token that was never seen here');
  assert.equal(await prove(signature('a'), '10.0.0.2'), 'ANN 5 false', 'another address goes on');
  // One failure more each second, as of somebody's script that never stops.
  for (let second = 0; second < 3; second++) {
    clock.passedMs += 1_000;
    assert.equal(await prove(token('no token')), 'INVALID_TOKEN');
    assert.equal(await prove({ kind: 'none' }), 'nobody');
    assert.equal(await prove(token(login.token)), 'ANN 0 false', 'a token that was verified before');
    assert.equal(await prove(token(apiToken)), 'ANN 6 true');
    // It stays known, whatever keys the venue's users add.
    say(directory, keyAdded(50 + second, 1, new Uint8Array(32)));
  }
  clock.passedMs += 1_000;
  assert.equal(await prove(signature('b')), 'ANN 5 false', 'what succeeds costs nothing');
  assert.equal(await prove(signature('b')), 'REPLAYED');
  assert.equal(await prove(signature('c')), 'RATE_LIMITED 1000');
});

test('what is told without a look at a signature counts for nobody: wrong API tokens, HMACs and unknown keys', async () => {
  const { directory, access, signature, token, prove } = venue();
  say(directory, keyAdded(7, 1, hmacFingerprint('secret'), { kind: ApiKeyKind.Hmac }));
  access.secrets.keep(7, 'secret');
  const named = (keyId: number): Proof => {
    const { kind, request } = signature('a');
    return { kind, request: { ...request, keyId } };
  };
  for (let time = 0; time < 100; time++) {
    assert.equal(await prove(token(makeApiToken(6))), 'UNKNOWN_API_KEY');
    assert.equal(await prove(named(99)), 'UNKNOWN_API_KEY');
    assert.equal(await prove(named(7)), 'WRONG_SIGNATURE');
  }
  assert.equal(await prove(signature('a')), 'ANN 5 false');
});

test('a token or a key that is void costs one look at a signature, however often it is sent', async () => {
  const { clock, directory, access, signature, token, prove } = venue();
  const login = () => access.logIn('ann', 'right', HOME);
  const expiring = await login();
  assert.ok('token' in expiring);
  clock.passedMs += 900_000;
  const again = async (proof: () => Proof, code: AccessCode) => {
    for (let time = 0; time < 100; time++) assert.equal(await prove(proof()), code);
  };
  await again(() => token(expiring.token), 'TOKEN_EXPIRED');
  const [revoked, other] = [await login(), await login()];
  assert.ok('token' in revoked && 'token' in other);
  say(directory, { type: 'TokensRevoked', targetUserId: 1, revokedSeconds: 5, revokedNanos: 0 });
  await again(() => token(revoked.token), 'TOKEN_REVOKED');
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 0 });
  let count = 0;
  await again(() => signature(`n${count++}`), 'USER_DISABLED');
  // Three of sixty were looked at.
  for (let failure = 0; failure < 57; failure++)
    assert.equal(await prove(token('no token')), 'INVALID_TOKEN');
  assert.equal(await prove(token('no token')), 'RATE_LIMITED 1000');
  assert.equal(await prove(token(revoked.token)), 'TOKEN_REVOKED', 'which is known');
  assert.equal(await prove(token(other.token)), 'RATE_LIMITED 1000');
});

test('rates: of a key and its user together, of a user over all keys, of an address where nobody is named', async () => {
  const { access, apiToken, signature, token } = venue();
  const ofKey = await access.prove(token(apiToken), HOME);
  const ofOther = await access.prove(signature('a'), HOME);
  assert.ok(ofKey !== undefined && !(ofKey instanceof AccessRefusal));
  assert.ok(ofOther !== undefined && !(ofOther instanceof AccessRefusal));
  const charge = (who: typeof ofKey | undefined, weight?: number) => {
    const { allowed, limit, remaining, retryAfterMs } = access.charge(who, HOME, weight);
    return `${allowed} ${remaining}/${limit} ${retryAfterMs}`;
  };
  assert.equal(charge(ofKey, 2), 'true 1/3 0');
  assert.equal(charge(ofKey, 2), 'false 1/3 1000');
  assert.equal(charge(ofKey), 'true 0/3 0');
  assert.equal(charge(ofOther, 2), 'true 0/5 0', 'the other key had three, but the user only two');
  assert.equal(charge(ofOther), 'false 0/5 1000');
  assert.deepEqual([charge(undefined, 3), charge(undefined)], ['true 0/3 0', 'false 0/3 1000']);
});

test('a signed request above a rate uses up no nonce, and is told the limit that it is above', () => {
  const { clock, access, signature } = venue();
  const ask = (nonce: string, weight: number) => {
    const proven = access.prove(signature(nonce), HOME, weight);
    assert.ok(!(proven instanceof Promise));
    const { allowed, limit, remaining, retryAfterMs } = access.charge(proven, HOME, weight);
    const proof = proven === undefined ? 'nobody' : answerOf(proven, ({ name }) => name);
    return `${proof}; ${allowed} ${remaining}/${limit} ${retryAfterMs}`;
  };
  assert.equal(ask('a', 2), 'ANN; true 1/3 0');
  assert.equal(ask('b', 2), 'RATE_LIMITED 1000; false 1/3 1000');
  clock.passedMs += 1;
  assert.equal(ask('b', 1), 'ANN; true 0/3 0', 'its nonce is free');
  assert.equal(ask('b', 1), 'REPLAYED; true 2/3 0', 'which its address pays for');
  const other = access.prove(signature('c'), HOME);
  assert.ok(other instanceof AccessRefusal);
  assert.equal(access.limited, 2, 'a refusal counts once');
});

test('one user above its rate with many keys leaves the nonces of others alone', async () => {
  const { directory, access, prove, signature, clock } = venue();
  say(directory, userAdded(2, 'BEN'));
  const keyIds = Array.from({ length: 8 }, (_, at) => 100 + at);
  for (const keyId of keyIds) {
    say(directory, keyAdded(keyId, 2, hmacFingerprint(`secret ${keyId}`), { kind: ApiKeyKind.Hmac }));
    access.secrets.keep(keyId, `secret ${keyId}`);
  }
  const kept = new Map<string, number>();
  const [timestampMs, times] = [clock.wallMs(), NonceLimits.MAX + 100];
  for (let time = 0; time < times; time++) {
    const keyId = keyIds[time % keyIds.length];
    const nonce = String(time);
    const payload = Buffer.from(nonce);
    const signed = createHmac('sha256', `secret ${keyId}`).update(payload).digest();
    const request = { keyId, timestampMs, nonce, payload, signature: signed };
    const proven = access.prove({ kind: 'signature', request }, '10.0.0.9');
    assert.ok(proven !== undefined && !(proven instanceof Promise));
    const answer = answerOf(proven, ({ name }) => name);
    kept.set(answer, (kept.get(answer) ?? 0) + 1);
    access.charge(proven, '10.0.0.9');
  }
  assert.deepEqual(
    [...kept],
    [
      ['BEN', 5],
      ['RATE_LIMITED 1000', 8],
      ['OUTSIDE_WINDOW', times - 13],
    ],
  );
  assert.equal(await prove(signature('a')), 'ANN 5 false');
});

test('docs/access.md says of every refusal what the table says', () => {
  const document = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8');
  const codes = Object.keys(AccessRefusals) as AccessCode[];
  const rows = codes.map((code) => {
    const { httpStatus, meaning, transient } = AccessRefusals[code];
    return `| ${code} | ${httpStatus} | ${transient ? 'yes' : 'no'} | ${meaning} |`;
  });
  const written = document.split('\n').filter((line) => /^\| [A-Z_]{4,} \|/.test(line));
  assert.deepEqual(written, rows);
});
