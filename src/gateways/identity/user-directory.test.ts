import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandType, Role } from '#domain/commands.ts';
import { RejectCode } from '#domain/rejects.ts';
import { directoryOf, keyAdded, say, userAdded } from './test-support.ts';
import { UserDirectory } from './user-directory.ts';

const VERIFIER = new Uint8Array(32).fill(7);

test('a user as its event says, found by number and by name without regard to case', () => {
  const salt = new Uint8Array(16).fill(1);
  const passwordHash = new Uint8Array(32).fill(2);
  const directory = directoryOf(
    userAdded(9, 'Ann.Lee@venue-1_a.x.y.z.', {
      role: Role.Risk,
      accountId: 0,
      mustChangePassword: 1,
      tokensRevokedSeconds: 4_000_000_000,
      tokensRevokedNanos: 999_999_999,
      reportCount: 2 ** 32 + 7,
      lastClientOrderId: 12,
      salt,
      passwordHash,
    }),
  );
  const user = directory.userByName('ANN.LEE@VENUE-1_A.X.Y.Z.');
  assert.equal(user, directory.user(9));
  const { version, ...fields } = user as object as { version: number };
  assert.deepEqual(fields, {
    userId: 9,
    name: 'Ann.Lee@venue-1_a.x.y.z.',
    accountId: 0,
    role: Role.Risk,
    isEnabled: true,
    mustChangePassword: true,
    salt,
    passwordHash,
    tokensRevokedSeconds: 4_000_000_000,
    tokensRevokedNanos: 999_999_999,
    reportCount: 2 ** 32 + 7,
    lastClientOrderId: 12,
    apiKeys: [],
  });
  assert.ok(version > 0);
  assert.equal(directory.userByName('ann'), undefined);
  assert.deepEqual([...directory.users()], [user]);
});

test('each later event changes the one field, and the version of the user', () => {
  const directory = directoryOf(userAdded(1, 'ANN'), userAdded(2, 'BOB'));
  const ann = directory.user(1)!;
  let { version } = ann;
  const changed = (): boolean => version !== (version = ann.version);
  say(directory, { type: 'UserRoleSet', targetUserId: 1, role: Role.Viewer });
  assert.ok(changed());
  assert.equal(ann.role, Role.Viewer);
  say(directory, { type: 'UserEnabledSet', targetUserId: 1, enabled: 0 });
  assert.ok(changed());
  assert.equal(ann.isEnabled, false);
  const salt = new Uint8Array(16).fill(3);
  const passwordHash = new Uint8Array(32).fill(4);
  say(directory, { type: 'UserPasswordSet', targetUserId: 1, mustChangePassword: 1, salt, passwordHash });
  assert.ok(changed());
  assert.deepEqual([ann.salt, ann.passwordHash, ann.mustChangePassword], [salt, passwordHash, true]);
  say(directory, { type: 'TokensRevoked', targetUserId: 1, revokedSeconds: 8, revokedNanos: 9 });
  assert.ok(changed());
  assert.deepEqual([ann.tokensRevokedSeconds, ann.tokensRevokedNanos], [8, 9]);
  say(directory, { type: 'UserRoleSet', targetUserId: 2, role: Role.Viewer });
  assert.ok(!changed());
});

test('credentials for a session at once: not of a disabled user, nor of one who must change the password', () => {
  const directory = directoryOf(
    userAdded(1, 'ANN'),
    userAdded(2, 'OFF', { enabled: 0 }),
    userAdded(3, 'NEW', { mustChangePassword: 1 }),
  );
  assert.equal(directory.loginCredentials('ann'), directory.user(1));
  for (const name of ['OFF', 'NEW', 'NONE']) assert.equal(directory.loginCredentials(name), undefined);
});

test('API keys come, go, and come again under the same number', () => {
  const directory = directoryOf(userAdded(1, 'ANN'), userAdded(2, 'BOB'));
  const { keysVersion } = directory;
  say(
    directory,
    keyAdded(5, 1, VERIFIER, { label: 'bot', readOnly: 1, expireSeconds: 4_000_000_000 }),
    keyAdded(6, 1, VERIFIER),
    keyAdded(7, 3, VERIFIER),
  );
  const key = directory.apiKey(5)!;
  assert.deepEqual(
    { ...key, user: key.user.name },
    {
      keyId: 5,
      user: 'ANN',
      expireSeconds: 4_000_000_000,
      kind: 1,
      readOnly: true,
      label: 'bot',
      verifier: VERIFIER,
    },
  );
  assert.ok(directory.keysVersion > keysVersion);
  assert.equal(directory.apiKey(7), undefined, 'nobody has it');
  say(directory, { type: 'ApiKeyRevoked', keyId: 5, targetUserId: 1 });
  assert.equal(directory.apiKey(5), undefined);
  assert.deepEqual(
    directory.user(1)?.apiKeys.map(({ keyId }) => keyId),
    [6],
  );
  say(directory, keyAdded(5, 2, VERIFIER));
  assert.equal(directory.apiKey(5)?.user.name, 'BOB');
});

test('keys of nodes: any 32 bytes are taken, and a new one takes the place of the old', () => {
  const directory = directoryOf();
  const nodeKey = (byte: number) =>
    say(directory, { type: 'NodeKeyAdded', nodeId: 65_535, publicKey: new Uint8Array(32).fill(byte) });
  for (const byte of [0, 1, 255]) {
    const before = directory.nodeKey(65_535);
    nodeKey(byte);
    assert.notEqual(directory.nodeKey(65_535), before);
  }
  assert.equal(directory.nodeKey(1), undefined);
});

test('report numbers and the highest clientOrderId follow the core', () => {
  const directory = directoryOf(
    userAdded(1, 'ANN', { reportCount: 4, lastClientOrderId: 10 }),
    userAdded(2, 'BOB'),
  );
  const counts = () =>
    [1, 2].map((id) => [directory.user(id)?.reportCount, directory.user(id)?.lastClientOrderId]);
  say(directory, { type: 'OrderAccepted', userId: 1, reportNumber: 5, clientOrderId: 11 });
  say(directory, {
    type: 'OrderReplaced',
    userId: 2,
    reportNumber: 1,
    clientOrderId: 3,
    originalClientOrderId: 2,
  });
  assert.deepEqual(counts(), [
    [5, 11],
    [1, 3],
  ]);
  say(directory, {
    type: 'Trade',
    makerUserId: 1,
    makerReportNumber: 6,
    makerClientOrderId: 11,
    takerUserId: 2,
    takerReportNumber: 2,
    takerClientOrderId: 3,
  });
  say(directory, { type: 'OrderCanceled', userId: 1, reportNumber: 7, clientOrderId: 90 });
  assert.deepEqual(counts(), [
    [7, 11],
    [2, 3],
  ]);
  const rejected = (commandType: number, rejectCode: number, clientOrderId: number) =>
    say(directory, {
      type: 'CommandRejected',
      userId: 1,
      reportNumber: directory.user(1)!.reportCount + 1,
      commandType,
      rejectCode,
      clientOrderId,
    });
  rejected(CommandType.NewOrder, RejectCode.PHASE, 12);
  rejected(CommandType.ReplaceOrder, RejectCode.UNKNOWN_ORDER, 13);
  // Refused before the core took the id, or because it had it.
  rejected(CommandType.NewOrder, RejectCode.USER_DISABLED, 20);
  rejected(CommandType.NewOrder, RejectCode.NOT_ALLOWED, 20);
  rejected(CommandType.NewOrder, RejectCode.MALFORMED_COMMAND, 20);
  rejected(CommandType.NewOrder, RejectCode.DUPLICATE_CLIENT_ORDER_ID, 20);
  rejected(CommandType.NewOrder, RejectCode.CLIENT_ORDER_ID_LIMIT, 2 ** 31);
  rejected(CommandType.CancelOrder, RejectCode.UNKNOWN_ORDER, 20);
  assert.deepEqual(counts()[0], [15, 13]);
});

test('after lost events no key is good until an image names it again; users stay the same objects', () => {
  const directory = directoryOf(userAdded(1, 'ANN'), keyAdded(5, 1, VERIFIER), keyAdded(6, 1, VERIFIER));
  const ann = directory.user(1)!;
  const { version } = ann;
  directory.onRestart();
  assert.deepEqual(
    [directory.isReady, directory.apiKey(5), directory.apiKey(6), ann.apiKeys.length],
    [false, undefined, undefined, 0],
  );
  say(directory, userAdded(1, 'ANN', { enabled: 0 }), keyAdded(6, 1, VERIFIER));
  directory.onImage();
  assert.equal(directory.isReady, true);
  assert.equal(directory.user(1), ann);
  assert.equal(ann.isEnabled, false);
  assert.ok(ann.version > version);
  assert.deepEqual([directory.apiKey(5), directory.apiKey(6)?.user], [undefined, ann]);
});

test('log time is that of the newest event', () => {
  const directory = new UserDirectory();
  say(directory, { ...userAdded(1, 'ANN'), timeSeconds: 4_000_000_000, timeNanos: 5 });
  say(directory, { type: 'OrderRested', timeSeconds: 4_000_000_001, timeNanos: 999_999_999 });
  assert.deepEqual([directory.timeSeconds, directory.timeNanos], [4_000_000_001, 999_999_999]);
});
