import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { Role } from '#domain/commands.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import type { AccessRefusal } from './access-refusal.ts';
import { BearerTokens } from './bearer-tokens.ts';
import { rawEd25519Bytes } from './ed25519.ts';
import type { Principal } from './principal.ts';
import { answerOf, directoryOf, keyAdded, ManualAccessClock, say, userAdded } from './test-support.ts';

const newKey = () => generateKeyPairSync('ed25519').privateKey;
const nodeKeyAdded = (nodeId: number, key: KeyObject) => ({
  type: 'NodeKeyAdded' as const,
  nodeId,
  publicKey: new Uint8Array(rawEd25519Bytes(createPublicKey(key))),
});
const VERIFIER = new Uint8Array(32).fill(7);

function venue(knownMax?: number, readSigningKey?: () => KeyObject) {
  const clock = new ManualAccessClock();
  const signingKey = newKey();
  const directory = directoryOf(
    { ...userAdded(1, 'ANN', { role: Role.Admin }), timeSeconds: 1_000, timeNanos: 5 },
    { ...userAdded(2, 'BOB'), timeSeconds: 1_000, timeNanos: 5 },
    { ...keyAdded(5, 2, VERIFIER, { readOnly: 1 }), timeSeconds: 1_000, timeNanos: 5 },
    { ...nodeKeyAdded(3, signingKey), timeSeconds: 1_000, timeNanos: 5 },
  );
  const tokens = new BearerTokens(directory, {
    nodeId: 3,
    signingKey,
    clock,
    lifetimeSeconds: 60,
    loginSeconds: 300,
    ...(readSigningKey === undefined ? {} : { readSigningKey }),
    ...(knownMax === undefined ? {} : { knownMax }),
  });
  /** The answer, and `known` before it where no signature was looked at. */
  const verify = async (token: string): Promise<string> => {
    const answer = tokens.recall(token) ?? tokens.verify(token);
    const shown = ({ name, role, keyId, readOnly }: Principal) =>
      `${name} ${role}${keyId === 0 ? '' : ` key ${keyId}`}${readOnly ? ' read-only' : ''}`;
    const known = answer instanceof Promise ? '' : 'known ';
    return known + answerOf<Principal>((await answer) as Principal | AccessRefusal, shown);
  };
  const issue = async (userId: number, keyId?: number) =>
    (await tokens.issue(directory.user(userId)!, keyId === undefined ? undefined : directory.apiKey(keyId)))
      .token;
  return { clock, directory, signingKey, tokens, verify, issue };
}

test('a token says who, until when, from which node; it is verified once, then known', async () => {
  const { clock, tokens, verify, directory } = venue();
  clock.passedMs = 123;
  const { token, expiresMs } = await tokens.issue(directory.user(1)!);
  assert.equal(expiresMs, 1_700_000_060_123);
  assert.deepEqual(decodeProtectedHeader(token), { alg: 'EdDSA', typ: 'JWT', kid: '3' });
  const { jti, ...claims } = decodeJwt(token);
  assert.match(jti ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(claims, {
    iss: 'hive-mind',
    sub: '1',
    role: 'admin',
    account: 101,
    logTime: [1_000, 5],
    auth_time: 1_700_000_000.123,
    passwordPrint: hash('sha256', new Uint8Array(16), 'buffer').subarray(0, 8).toString('base64url'),
    iat: 1_700_000_000.123,
    exp: 1_700_000_060.123,
  });
  assert.deepEqual([await verify(token), await verify(token)], ['ANN 7', 'known ANN 7']);
  clock.passedMs += 59_999;
  assert.equal(await verify(token), 'known ANN 7');
  clock.passedMs += 1;
  assert.equal(await verify(token), 'known TOKEN_EXPIRED');
  assert.equal(await verify(await freshCopy(token)), 'INVALID_TOKEN');
});

/** The same claims with another signature. */
async function freshCopy(token: string): Promise<string> {
  return new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'EdDSA', kid: '3' }).sign(newKey());
}

test('a token that was never seen here expires to the millisecond too', async () => {
  const { clock, verify, issue } = venue();
  const [first, second] = [await issue(1), await issue(1)];
  clock.passedMs = 59_999;
  assert.equal(await verify(first), 'ANN 7');
  clock.passedMs = 60_000;
  assert.equal(await verify(second), 'TOKEN_EXPIRED');
  assert.equal(await verify(second), 'known TOKEN_EXPIRED');
  clock.wallOffsetMs = -1;
  assert.equal(await verify(second), 'known ANN 7', 'the clock was set back');
});

test('what a user may do is asked of the directory, not of the token', async () => {
  const { directory, verify, issue } = venue();
  const token = await issue(1);
  assert.equal(await verify(token), 'ANN 7');
  say(directory, { type: 'UserRoleSet', targetUserId: 1, role: Role.Viewer });
  assert.deepEqual([await verify(token), await verify(token)], ['known ANN 1', 'known ANN 1']);
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 0 });
  assert.equal(await verify(token), 'known USER_DISABLED');
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 1 });
  assert.equal(await verify(token), 'known ANN 1');
  say(directory, { type: 'UserPasswordSet', targetUserId: 1, mustChangePassword: 1 });
  assert.equal(await verify(token), 'known PASSWORD_CHANGE_REQUIRED');
});

test('revoked: every token from before, on whatever node, and none from after, by log time', async () => {
  const { directory, verify, issue } = venue();
  const [known, unseen, other] = [await issue(1), await issue(1), await issue(2)];
  assert.equal(await verify(known), 'ANN 7');
  const revoked = { type: 'TokensRevoked' as const, targetUserId: 1, revokedSeconds: 1_000, revokedNanos: 6 };
  say(directory, { ...revoked, timeSeconds: 1_000, timeNanos: 6 });
  assert.deepEqual([await verify(known), await verify(unseen)], ['known TOKEN_REVOKED', 'TOKEN_REVOKED']);
  assert.equal(await verify(unseen), 'known TOKEN_REVOKED', 'that it is void is known from then on');
  assert.equal(await verify(other), 'BOB 2');
  const after = await issue(1);
  assert.equal(await verify(after), 'ANN 7');
  // Another node that has seen the revocation, but not yet this one's newest entries.
  say(directory, { type: 'OrderRested', timeSeconds: 2_000, timeNanos: 0 });
  assert.equal(await verify(after), 'known ANN 7');
});

test('a token that came of an API key is as read-only as it, and ends with it', async () => {
  const { directory, verify, issue, clock } = venue();
  const [first, second, third] = [await issue(2, 5), await issue(2, 5), await issue(2, 5)];
  assert.deepEqual(
    [await verify(first), await verify(first)],
    ['BOB 2 key 5 read-only', 'known BOB 2 key 5 read-only'],
  );
  say(directory, { type: 'ApiKeyRevoked', keyId: 5, targetUserId: 2 });
  assert.deepEqual([await verify(first), await verify(second)], ['known TOKEN_REVOKED', 'TOKEN_REVOKED']);
  // The id again, for another key, or another user's.
  say(directory, keyAdded(5, 2, new Uint8Array(32).fill(8)));
  assert.equal(await verify(first), 'known TOKEN_REVOKED');
  say(directory, { type: 'ApiKeyRevoked', keyId: 5, targetUserId: 2 }, keyAdded(5, 1, VERIFIER));
  assert.equal(await verify(third), 'TOKEN_REVOKED');
  // One that expires before the token does.
  const expireSeconds = clock.wallMs() / 1_000 + 10;
  say(
    directory,
    { type: 'ApiKeyRevoked', keyId: 5, targetUserId: 1 },
    keyAdded(6, 2, VERIFIER, { expireSeconds }),
  );
  const [seen, unseen] = [await issue(2, 6), await issue(2, 6)];
  assert.equal(await verify(seen), 'BOB 2 key 6');
  clock.passedMs += 10_000;
  assert.deepEqual([await verify(seen), await verify(unseen)], ['known TOKEN_REVOKED', 'TOKEN_REVOKED']);
});

test('a node key that was replaced makes its tokens void, also those that were known', async () => {
  const { directory, verify, issue } = venue();
  const token = await issue(1);
  assert.equal(await verify(token), 'ANN 7');
  say(directory, nodeKeyAdded(3, newKey()));
  assert.equal(await verify(token), 'INVALID_TOKEN');
});

test('every node that knows the key verifies; one that does not know its users yet says so', async () => {
  const { directory, signingKey, verify, issue } = venue();
  const key = newKey();
  say(directory, nodeKeyAdded(4, key));
  const elsewhere = new BearerTokens(directory, {
    nodeId: 4,
    signingKey: key,
    clock: new ManualAccessClock(),
  });
  assert.equal(await verify((await elsewhere.issue(directory.user(2)!)).token), 'BOB 2');
  const token = await issue(1);
  assert.equal(await verify(token), 'ANN 7');
  directory.onRestart();
  assert.equal(await verify(token), 'known NOT_READY');
  say(directory, nodeKeyAdded(3, signingKey));
  directory.onImage();
  assert.equal(await verify(token), 'known ANN 7');
});

test('forged, foreign, malformed: no token', async () => {
  const { clock, directory, signingKey, verify, issue } = venue();
  const token = await issue(1);
  const claims = decodeJwt(token);
  const signed = (payload: object, header: object = {}, key = signingKey) =>
    new SignJWT({ ...claims, ...payload })
      .setProtectedHeader({ alg: 'EdDSA', kid: '3', ...header })
      .sign(key);
  assert.equal(await verify(await signed({})), 'ANN 7', 'the forger has it right');
  const bad = {
    'another key': await signed({}, {}, newKey()),
    'an unknown node': await signed({}, { kid: '4' }),
    'no node': await signed({}, { kid: undefined }),
    'no signature': new UnsecuredJWT({ ...claims }).encode(),
    'another issuer': await signed({ iss: 'somebody' }),
    'no user': await signed({ sub: '99' }),
    'no expiry': await signed({ exp: undefined }),
    'no time': await signed({ iat: undefined }),
    'no id': await signed({ jti: undefined }),
    'HMAC with the public key': await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256', kid: '3' })
      .sign(rawEd25519Bytes(createPublicKey(signingKey))),
    empty: '',
    text: 'no.token.here',
    long: `${token}${'A'.repeat(1_024)}`,
  };
  for (const [what, text] of Object.entries(bad)) assert.equal(await verify(text), 'INVALID_TOKEN', what);
  for (const passwordPrint of [undefined, 5, '', 'AAAAAAAAAAA'])
    assert.equal(await verify(await signed({ passwordPrint })), 'TOKEN_REVOKED', String(passwordPrint));
  for (const logTime of [undefined, 5, [1_000], ['1000', 5], [1_000, 1e9], [999, 999_999_999]]) {
    say(directory, { type: 'TokensRevoked', targetUserId: 1, revokedSeconds: 1_000, revokedNanos: 5 });
    assert.equal(await verify(await signed({ logTime })), 'TOKEN_REVOKED', JSON.stringify(logTime));
  }
  // Not the last one, of which only two bits count.
  for (let at = 0; at < token.length - 1; at += 7) {
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    assert.equal(await verify(changed), 'INVALID_TOKEN', `character ${at}`);
  }
  clock.passedMs = 60_000;
  assert.equal(await verify(await signed({ jti: 'another' })), 'TOKEN_EXPIRED');
});

test('random text, headers and claims: refused, never thrown', async () => {
  const seed = Number(process.env['HIVE_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)];
  const { verify, issue, signingKey } = venue();
  const whole = await issue(1);
  const [, payload, signature] = whole.split('.');
  const odd = [undefined, null, 0, -1, 3, '3', 'x', 1e99, true, [], {}, [3], ['b64'], '__proto__'];
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');
  for (let round = 0; round < 1_000; round++) {
    const header = {
      alg: pick(['EdDSA', 'none', 'HS256', ...odd]),
      kid: pick(odd),
      crit: pick(odd),
      b64: pick(odd),
    };
    const bytes = Buffer.from(
      Array.from({ length: Math.floor(random() * 80) }, () => Math.floor(random() * 256)),
    );
    const text = pick([
      `${encode(header)}.${payload}.${signature}`,
      `${encode(pick(odd))}.${encode(pick(odd))}.${encode(pick(odd))}`,
      bytes.toString('latin1'),
      `${bytes.toString('base64url')}.${payload}.${signature}`,
      whole.slice(0, Math.floor(random() * whole.length)),
    ]);
    assert.equal(await verify(text), 'INVALID_TOKEN', `HIVE_SEED=${seed}: ${text}`);
    // Claims that a node has signed, but of no sense.
    const name = pick(['sub', 'iat', 'exp', 'jti', 'iss', 'logTime', 'key', 'keyPrint', 'passwordPrint']);
    const signed = await new SignJWT({ ...decodeJwt(whole), [name]: pick(odd), junk: round })
      .setProtectedHeader({ alg: 'EdDSA', kid: '3' })
      .sign(signingKey);
    const answer = await verify(signed);
    assert.match(
      answer,
      /^(ANN 7|INVALID_TOKEN|TOKEN_EXPIRED|TOKEN_REVOKED)$/,
      `HIVE_SEED=${seed}: ${answer}`,
    );
  }
  assert.equal(await verify(whole), 'ANN 7');
});

test('what is known is bounded: the oldest is verified again', async () => {
  const { verify, issue } = venue(2);
  const [first, second, third] = [await issue(1), await issue(1), await issue(1)];
  for (const token of [first, second, third]) assert.equal(await verify(token), 'ANN 7');
  assert.deepEqual([await verify(third), await verify(second)], ['known ANN 7', 'known ANN 7']);
  assert.equal(await verify(first), 'ANN 7');
});

test('a login token is renewed until the password is too old, and no token lives beyond that', async () => {
  const { clock, tokens, verify, issue } = venue();
  const renewed = async (token: string): Promise<string> => {
    const answer = await tokens.renew(token);
    return 'token' in answer ? answer.token : answer.code;
  };
  const first = await issue(1);
  clock.passedMs = 59_999;
  let token = await renewed(first);
  assert.equal(decodeJwt(token).exp, 1_700_000_119.999);
  assert.deepEqual(decodeJwt(token)['auth_time'], 1_700_000_000);
  clock.passedMs = 60_000;
  assert.deepEqual([await renewed(first), await verify(token)], ['TOKEN_EXPIRED', 'ANN 7']);
  for (; clock.passedMs < 300_000; clock.passedMs += 30_000) token = await renewed(token);
  // Five minutes after the password all ends.
  assert.equal(decodeJwt(token).exp, 1_700_000_300);
  assert.deepEqual([await renewed(token), await verify(token)], ['TOKEN_EXPIRED', 'known TOKEN_EXPIRED']);
});

test('only a token of a login is renewed', async () => {
  const { tokens, issue } = venue();
  for (const [token, code] of [
    [await issue(2, 5), 'NOT_RENEWABLE'],
    ['', 'INVALID_TOKEN'],
    [await freshCopy(await issue(1)), 'INVALID_TOKEN'],
  ] as const)
    assert.equal(answerOf(await tokens.renew(token)), code);
});

test('what revokes a token revokes all that came of it, also those that are signed meanwhile', async () => {
  const { directory, tokens, verify, issue } = venue();
  const first = await issue(1);
  say(directory, { ...userAdded(9, 'CAT'), timeSeconds: 2_000, timeNanos: 0 });
  const before = await tokens.renew(first);
  const meanwhile = tokens.renew(first);
  await Promise.resolve();
  say(directory, { type: 'TokensRevoked', targetUserId: 1, revokedSeconds: 1_500, revokedNanos: 0 });
  for (const answer of [before, await meanwhile])
    if ('token' in answer) assert.equal(await verify(answer.token), 'TOKEN_REVOKED');
    else assert.equal(answer.code, 'TOKEN_REVOKED');
  assert.equal(answerOf(await tokens.renew(first)), 'TOKEN_REVOKED');
});

test('another password makes void what came of the one before, also what was renewed; API keys go on', async () => {
  const { directory, tokens, verify, issue } = venue();
  const [known, unseen, ofKey, other] = [await issue(1), await issue(1), await issue(2, 5), await issue(2)];
  const renewed = await tokens.renew(known);
  assert.ok('token' in renewed);
  assert.equal(await verify(known), 'known ANN 7');
  const newPassword = (targetUserId: number, byte: number, mustChangePassword: number) =>
    say(directory, {
      type: 'UserPasswordSet',
      targetUserId,
      mustChangePassword,
      salt: new Uint8Array(16).fill(byte),
    });
  // An admin's one-time password, and then the user's own: the old tokens do not come back.
  newPassword(1, 1, 1);
  assert.equal(await verify(unseen), 'PASSWORD_CHANGE_REQUIRED');
  newPassword(1, 2, 0);
  for (const token of [known, unseen]) assert.equal(await verify(token), 'known TOKEN_REVOKED');
  assert.equal(await verify(renewed.token), 'TOKEN_REVOKED');
  assert.equal(answerOf(await tokens.renew(known)), 'TOKEN_REVOKED');
  assert.equal(await verify(await issue(1)), 'ANN 7');
  assert.equal(await verify(other), 'BOB 2');
  newPassword(2, 3, 0);
  assert.equal(await verify(other), 'known TOKEN_REVOKED');
  assert.equal(await verify(ofKey), 'BOB 2 key 5 read-only');
});

test('a login that a shorter setting ends is refused', async () => {
  const { directory, signingKey, clock, issue } = venue();
  const token = await issue(1);
  clock.passedMs = 30_000;
  const strict = new BearerTokens(directory, { nodeId: 3, signingKey, clock, loginSeconds: 20 });
  assert.equal(answerOf(await strict.renew(token)), 'LOGIN_TOO_OLD');
});

test('a key that the log names instead: the next token is signed with it, and what the old one signed is void', async () => {
  const next = newKey();
  const { directory, verify, issue } = venue(undefined, () => next);
  const before = await issue(1);
  assert.deepEqual([await verify(before), await verify(before)], ['ANN 7', 'known ANN 7']);
  say(directory, nodeKeyAdded(4, newKey()));
  assert.equal(await verify(await issue(1)), 'ANN 7', 'the key of another node changes nothing');
  say(directory, nodeKeyAdded(3, next));
  assert.equal(await verify(before), 'INVALID_TOKEN');
  assert.equal(await verify(await issue(1)), 'ANN 7');
});
