import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessRefusal } from '../../identity/access-refusal.ts';
import { directoryOf, userAdded } from '../../identity/test-support.ts';
import type { FixLogonRequest } from '../session/profile.ts';
import { type ConfiguredSession, FixLogons } from './fix-logons.ts';
import type { TradingProfile } from './services.ts';

const DIRECTORY = directoryOf(
  userAdded(1, 'Ann'),
  userAdded(2, 'BOB'),
  userAdded(3, 'CAT', { accountId: 101 }),
  userAdded(4, 'DAN', { enabled: 0 }),
);
const SESSION: ConfiguredSession = {
  compId: 'DESK',
  subId: '',
  user: 'ann',
  needsPassword: true,
  cancelOnDisconnect: true,
  schedule: undefined,
  resetOnLogon: false,
  resetOnLogout: false,
  resetOnDisconnect: false,
  copyUsers: undefined,
  copyAccounts: undefined,
};

function logons(sessions: readonly Partial<ConfiguredSession>[] = [], stored: string[] = []): FixLogons {
  return new FixLogons({
    compId: 'HIVE',
    cancelOnDisconnect: false,
    sessions: sessions.map((session) => ({ ...SESSION, ...session })),
    directory: DIRECTORY,
    openSession: async (name, password) =>
      (password === 'secret' ? DIRECTORY.userByName(name) : undefined) ?? new AccessRefusal('WRONG_PASSWORD'),
    storedSessions: async () => stored,
  });
}

/** What becomes of a Logon: the reason, or the profile's id, user and further terms. */
async function told(from: FixLogons, senderCompId: string, more: Partial<FixLogonRequest> = {}) {
  const answer = await from.authenticate({
    beginString: 'FIX.4.4',
    senderCompId,
    senderSubId: '',
    targetCompId: 'HIVE',
    targetSubId: '',
    username: '',
    password: '',
    remote: '127.0.0.1',
    ...more,
  });
  if (!answer.accepted) return answer.reason;
  const { id, userId, cancelOnDisconnect, copyOf } = answer.profile as TradingProfile;
  return `${id} ${userId} ${cancelOnDisconnect ? 'cancels' : 'keeps'}${copyOf === undefined ? '' : ` ${copyOf}`}`;
}

test('every user logs on under its own name, in as many sessions as it has SenderSubIDs', async () => {
  const door = logons();
  const login = { username: 'ann', password: 'secret' };
  assert.equal(await told(door, 'ANN', login), 'FIX.4.4-Ann 1 keeps');
  assert.equal(await told(door, 'ANN', { ...login, senderSubId: 'two' }), 'FIX.4.4-Ann+two 1 keeps');
  assert.equal(await told(door, 'ANN', { ...login, targetSubId: 'desk' }), 'FIX.4.4-Ann 1 keeps');
  assert.equal(
    await told(door, 'ANN', { ...login, senderSubId: '../x' }),
    'SenderSubID must be at most 32 of A-Z, a-z, 0-9 and . _ -',
  );
  assert.equal(await told(door, 'ANN', { ...login, password: 'wrong' }), 'WRONG_PASSWORD');
  assert.equal(await told(door, 'ANN'), 'unknown session, and no Username');
  assert.equal(await told(door, 'BOB', login), 'unknown session: SenderCompID BOB is not the Username');
  assert.equal(await told(door, 'ANN', { ...login, targetCompId: 'X' }), 'TargetCompID is not HIVE');
});

test('a user cannot fill the disk with sessions', async () => {
  const stored = Array.from({ length: 16 }, (_, i) => `FIX.4.4-Ann+${i}`);
  const door = logons([], [...stored, 'FIX.4.4-BOB']);
  const login = { username: 'ann', password: 'secret' };
  assert.equal(await told(door, 'ann', { ...login, senderSubId: '7' }), 'FIX.4.4-Ann+7 1 keeps');
  assert.equal(await told(door, 'ann', { ...login, senderSubId: '16' }), 'user Ann has 16 sessions already');
  assert.equal(
    await told(door, 'BOB', { username: 'bob', password: 'secret', senderSubId: 'x' }),
    'FIX.4.4-BOB+x 2 keeps',
  );
  // Names may have hyphens: the sessions of another are not its own.
  const others = logons(
    [],
    Array.from({ length: 16 }, (_, i) => `FIX.4.4-OLD-Ann+${i}`),
  );
  assert.equal(await told(others, 'ann', login), 'FIX.4.4-Ann 1 keeps');
});

test('sessions whose store is not there yet count, too', async () => {
  const door = logons();
  const login = { username: 'ann', password: 'secret' };
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => told(door, 'ann', { ...login, senderSubId: `s${i}` })),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 40 }, (_, i) =>
      i < 16 ? `FIX.4.4-Ann+s${i} 1 keeps` : 'user Ann has 16 sessions already',
    ),
  );
  assert.equal(await told(door, 'ann', { ...login, senderSubId: 's3' }), 'FIX.4.4-Ann+s3 1 keeps');
});

test('a session of the configuration has its terms in whatever letters it is named', async () => {
  const door = logons([{ compId: 'Ann', subId: 'X' }]);
  const login = { username: 'ann', password: 'secret', senderSubId: 'X' };
  assert.equal(await told(door, 'Ann', login), 'FIX.4.4-Ann+X 1 cancels');
  assert.equal(await told(door, 'ANN', login), 'the session is called Ann, not ANN');
  assert.equal(await told(door, 'ANN', { ...login, senderSubId: 'Y' }), 'FIX.4.4-Ann+Y 1 keeps');
  // It may be written in other letters than the user.
  const other = logons([{ compId: 'ANN', subId: 'X' }]);
  assert.equal(await told(other, 'ANN', login), 'FIX.4.4-ANN+X 1 cancels');
  for (const name of ['Ann', 'ann']) {
    assert.equal(await told(other, name, login), `the session is called ANN, not ${name}`);
    const password = 'wrong';
    assert.equal(await told(other, name, { ...login, password }), 'WRONG_PASSWORD');
  }
  assert.equal(await told(other, 'Ann', { ...login, senderSubId: 'x' }), 'FIX.4.4-Ann+x 1 keeps');
});

test('a session of the configuration belongs to its user, with a password or without', async () => {
  const door = logons([
    {},
    { subId: 'OPEN', needsPassword: false },
    { compId: 'GONE', user: 'DAN', needsPassword: false },
  ]);
  const login = { username: 'Ann', password: 'secret' };
  assert.equal(await told(door, 'DESK', login), 'FIX.4.4-DESK 1 cancels');
  assert.equal(await told(door, 'DESK', { ...login, password: '' }), 'WRONG_PASSWORD');
  assert.equal(
    await told(door, 'DESK', { ...login, username: 'BOB' }),
    'the session belongs to ann, not BOB',
  );
  assert.equal(
    await told(door, 'DESK', { senderSubId: 'OPEN', beginString: 'FIX.4.2' }),
    'FIX.4.2-DESK+OPEN 1 cancels',
  );
  assert.equal(await told(door, 'GONE'), 'user DAN is disabled, or has to change the password');
});

test('a session begins only if its user may still log on', () => {
  const door = logons();
  assert.equal(door.refusal({ id: 'FIX.4.4-Ann', userId: 1 }), '');
  assert.equal(
    door.refusal({ id: 'FIX.4.4-DAN', userId: 4 }),
    'Logon refused: user DAN is disabled, or has to change the password',
  );
});

test('a drop copy follows the users that it names and those of accounts', async () => {
  const copy = { compId: 'COPY', user: 'BOB', needsPassword: false };
  const door = logons([
    { ...copy, copyUsers: ['bob', 'nobody'] },
    { ...copy, subId: 'A', copyAccounts: [101] },
    { ...copy, subId: 'B', copyUsers: ['BOB'], copyAccounts: [101] },
  ]);
  assert.equal(await told(door, 'COPY'), 'FIX.4.4-COPY 2 cancels 2');
  assert.equal(await told(door, 'COPY', { senderSubId: 'A' }), 'FIX.4.4-COPY+A 2 cancels 1,3');
  assert.equal(await told(door, 'COPY', { senderSubId: 'B' }), 'FIX.4.4-COPY+B 2 cancels 2,1,3');
});
