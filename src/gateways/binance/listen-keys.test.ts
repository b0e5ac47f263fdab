import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKeyKind, Role } from '#domain/commands.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { principalOf } from '../identity/principal.ts';
import { type ApiKey, DirectoryUser, type UserDirectory } from '../identity/user-directory.ts';
import { viewsOf } from '../rest/test-support.ts';
import { BinanceError } from './errors.ts';
import { KeyHolder } from './key-holder.ts';
import { BinanceLimits } from './limits.ts';
import { ListenKeys } from './listen-keys.ts';
import type { BinanceSources } from './operations.ts';

/** Users 1 and 2 with a key each, and a clock. */
function venue() {
  const keys = new Map<number, ApiKey>();
  const directory = { isReady: true, apiKey: (keyId: number) => keys.get(keyId) };
  const clock = { nowMs: 1_000 };
  const add = (keyId: number, verifier: number) => {
    const user = Object.assign(Object.create(DirectoryUser.prototype) as DirectoryUser, {
      userId: keyId,
      name: `U${keyId}`,
      accountId: keyId,
      role: Role.Trader,
      isEnabled: true,
    });
    const key: ApiKey = {
      keyId,
      user,
      expireSeconds: 0,
      kind: ApiKeyKind.Hmac,
      readOnly: false,
      label: '',
      verifier: new Uint8Array(32).fill(verifier),
    };
    keys.set(keyId, key);
    return principalOf(user, key);
  };
  const sources = {
    views: viewsOf([]),
    directory: directory as unknown as UserDirectory,
    wallMs: () => clock.nowMs,
  } as unknown as BinanceSources;
  return { keys, directory, clock, add, sources };
}

const isUnknown = (error: Error): boolean => error instanceof BinanceError && error.code === -1125;

test('listen keys: one for each API key, good for an hour after its start or renewal, its owner only', () => {
  const { clock, add, sources } = venue();
  const listenKeys = new ListenKeys(sources);
  const [ann, bob] = [add(1, 7), add(2, 8)];
  const text = listenKeys.start(ann);
  assert.match(text, /^[\w-]{64}$/);
  assert.equal(listenKeys.start(ann), text);
  assert.notEqual(listenKeys.start(bob), text);
  assert.equal(listenKeys.holderOf(text)?.userId, 1);
  assert.equal(listenKeys.holderOf('none'), undefined);
  assert.throws(() => listenKeys.renew(bob, text), isUnknown);
  assert.throws(() => listenKeys.stop(bob, text), isUnknown);
  clock.nowMs += BinanceLimits.LISTEN_KEY_MS - 1;
  listenKeys.renew(ann, text);
  clock.nowMs += BinanceLimits.LISTEN_KEY_MS - 1;
  assert.ok(listenKeys.holderOf(text));
  clock.nowMs += 1;
  assert.equal(listenKeys.holderOf(text), undefined);
  const another = listenKeys.start(ann);
  assert.notEqual(another, text);
  listenKeys.stop(ann, another);
  assert.equal(listenKeys.holderOf(another), undefined);
});

test('key holder: rights as they are now; over when the key is revoked, given to another secret, expired, or its user disabled', () => {
  const { keys, directory, clock, add, sources } = venue();
  const holder = new KeyHolder(add(1, 7), sources.directory, sources);
  const code = (): string => {
    const now = holder.now();
    return now instanceof AccessRefusal ? now.code : 'good';
  };
  assert.equal(code(), 'good');
  const key = keys.get(1) as ApiKey;
  key.user.isEnabled = false;
  assert.deepEqual([code(), holder.isOver], ['USER_DISABLED', true]);
  key.user.isEnabled = true;
  keys.set(1, { ...key, expireSeconds: 2 });
  assert.equal(code(), 'good');
  clock.nowMs = 2_000;
  assert.equal(code(), 'API_KEY_EXPIRED');
  add(1, 9);
  assert.equal(code(), 'UNKNOWN_API_KEY');
  keys.clear();
  assert.equal(code(), 'UNKNOWN_API_KEY');
  // While the node reads who its users are, nobody has lost anything.
  directory.isReady = false;
  assert.deepEqual([code(), holder.isOver], ['NOT_READY', false]);
});
