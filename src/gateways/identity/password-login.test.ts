import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURES_FORGOTTEN_MS, FailedLogins } from './failed-logins.ts';
import { hashPassword, verifyPassword } from './password.ts';
import { PasswordLogin } from './password-login.ts';
import { passwordFault } from './password-rules.ts';
import { answerOf, directoryOf, ManualAccessClock, say, userAdded } from './test-support.ts';
import { UserDirectory } from './user-directory.ts';

const SALT = new Uint8Array(16).fill(5);
const HASH = new Uint8Array(await hashPassword('right', SALT));
const withPassword = { salt: SALT, passwordHash: HASH };

function venue(options: { checksMax?: number; waitingMax?: number; places?: number } = {}) {
  const clock = new ManualAccessClock();
  const directory = directoryOf(
    userAdded(1, 'Ann', withPassword),
    userAdded(2, 'OFF', { ...withPassword, enabled: 0 }),
    userAdded(3, 'NEW', { ...withPassword, mustChangePassword: 1 }),
    userAdded(4, 'LOCKED'),
  );
  const { places = 65_536 } = options;
  const login = new PasswordLogin(directory, new FailedLogins({ clock, places }), options);
  const logIn = async (name: string, password = 'right', address = '10.0.0.1') =>
    answerOf(await login.logIn(name, password, address), (user) => user.name);
  return { clock, directory, login, logIn };
}

test('logIn: who is who; what is wrong is told only to who knows the password', async () => {
  const { logIn } = venue();
  assert.equal(await logIn('aNN'), 'Ann');
  assert.equal(await logIn('ANN', 'wrong'), 'WRONG_PASSWORD');
  assert.equal(await logIn('NOBODY'), 'WRONG_PASSWORD');
  assert.equal(await logIn('OFF', 'wrong'), 'WRONG_PASSWORD');
  assert.equal(await logIn('OFF'), 'USER_DISABLED');
  assert.equal(await logIn('NEW', 'wrong'), 'WRONG_PASSWORD');
  assert.equal(await logIn('NEW'), 'PASSWORD_CHANGE_REQUIRED');
  assert.equal(await logIn('LOCKED', ''), 'WRONG_PASSWORD');
  assert.equal(await logIn('A'.repeat(25)), 'WRONG_PASSWORD');
  assert.equal(await logIn('ANN', 'x'.repeat(513)), 'WRONG_PASSWORD');
});

test('logIn: a password that is changed while it is checked is the password no more', async () => {
  const { directory, logIn } = venue();
  const answer = logIn('ANN');
  say(directory, {
    type: 'UserPasswordSet',
    targetUserId: 1,
    ...withPassword,
    salt: new Uint8Array(16).fill(6),
  });
  assert.equal(await answer, 'WRONG_PASSWORD');
});

test('logIn: a node that does not know its users yet says so', async () => {
  const login = new PasswordLogin(new UserDirectory(), new FailedLogins());
  assert.equal(answerOf(await login.logIn('ANN', 'right', undefined)), 'NOT_READY');
});

test('logIn: brute force: five failures are free, then the wait doubles up to a minute, for every address', async () => {
  const { clock, logIn } = venue();
  for (const name of ['ANN', 'NOBODY']) {
    const answers: string[] = [];
    for (let failure = 1; failure <= 13; failure++) {
      answers.push(await logIn(name, `guess ${failure}`, `10.0.${failure}.1`));
      if (failure < 5) continue;
      const refusal = await logIn(name, 'right', '10.9.9.9');
      answers.push(refusal);
      clock.passedMs += Number(refusal.split(' ')[1]);
    }
    const waits = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000];
    assert.deepEqual(answers, [
      ...Array(4).fill('WRONG_PASSWORD'),
      ...waits.flatMap((waitMs) => ['WRONG_PASSWORD', `TOO_MANY_FAILURES ${waitMs}`]),
    ]);
    assert.equal(await logIn(name), name === 'ANN' ? 'Ann' : 'WRONG_PASSWORD');
  }
});

test('logIn: while the wait lasts the right password is refused too, to the millisecond', async () => {
  const { clock, logIn } = venue();
  for (let failure = 0; failure < 5; failure++) await logIn('ANN', 'wrong');
  assert.equal(await logIn('ANN'), 'TOO_MANY_FAILURES 1000');
  clock.passedMs += 999;
  assert.equal(await logIn('ANN'), 'TOO_MANY_FAILURES 1');
  clock.passedMs += 1;
  assert.equal(await logIn('ANN'), 'Ann');
  // Cleared: five are free again.
  for (let failure = 0; failure < 4; failure++) await logIn('ANN', 'wrong');
  assert.equal(await logIn('ANN'), 'Ann');
});

test('logIn: failures are forgotten after an hour', async () => {
  const { clock, logIn } = venue();
  for (let failure = 0; failure < 4; failure++) await logIn('ANN', 'wrong');
  clock.passedMs += FAILURES_FORGOTTEN_MS + 1;
  await logIn('ANN', 'wrong');
  assert.equal(await logIn('ANN'), 'Ann');
});

test('failures of an address count over all names; a right password does not clear them; IPv6 counts by network', () => {
  const clock = new ManualAccessClock();
  const failures = new FailedLogins({ clock });
  for (let failure = 0; failure < 19; failure++)
    failures.failed(`user${failure}`, `2001:db8:1:2::${failure}`);
  failures.succeeded('user1');
  assert.equal(failures.refusal('OTHER', '2001:db8:1:2:ffff::1'), undefined);
  failures.failed('one more', '2001:db8:1:2::ffff');
  assert.equal(answerOf(failures.refusal('OTHER', '2001:db8:1:2:ffff::1')), 'TOO_MANY_FAILURES 1000');
  assert.equal(failures.refusal('OTHER', '2001:db8:1:3::1'), undefined);
  for (let failure = 0; failure < 30; failure++) failures.failed(`x${failure}`, '2001:db8:1:2::1');
  assert.equal(answerOf(failures.refusal('OTHER', '2001:db8:1:2::1')), 'TOO_MANY_FAILURES 900000');
});

test('the table of failures has a fixed size: with one place all names share it, and none is ever forgotten for room', () => {
  const failures = new FailedLogins({ clock: new ManualAccessClock(), places: 1 });
  for (let name = 0; name < 5; name++) failures.failed(`user${name}`, `10.0.0.${name}`);
  assert.equal(answerOf(failures.refusal('ANYBODY', '10.1.1.1')), 'TOO_MANY_FAILURES 1000');
});

test('logIn: a bounded number is checked, a bounded number waits, one above is told at once', async () => {
  const { logIn } = venue({ checksMax: 1, waitingMax: 2 });
  const answers = await Promise.all([logIn('ANN'), logIn('ANN'), logIn('ANN'), logIn('ANN')]);
  assert.deepEqual(answers, ['Ann', 'Ann', 'Ann', 'TOO_MANY_LOGINS 1000']);
  assert.equal(await logIn('ANN'), 'Ann');
});

test('logIn: guesses sent at once are no way around the wait', async () => {
  const { logIn } = venue({ checksMax: 1 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, guess) => logIn('ANN', `guess ${guess}`)));
  assert.deepEqual(
    [answers.slice(0, 5), new Set(answers.slice(5))],
    [Array(5).fill('WRONG_PASSWORD'), new Set(['TOO_MANY_FAILURES 1000'])],
  );
});

test('logIn: an unknown name is checked with scrypt as a known one is', async () => {
  // Not by the clock: a check occupies the only place until scrypt, which no turn of the loop is long enough for, is done.
  const { login } = venue({ checksMax: 1, waitingMax: 0 });
  for (const name of ['NOBODY', 'ANN', 'LOCKED']) {
    const first = login.logIn(name, 'x', '1.1.1.1');
    await new Promise(setImmediate);
    assert.equal(answerOf(await login.logIn('ANN', 'x', '1.1.1.1')), 'TOO_MANY_LOGINS 1000', name);
    assert.equal(answerOf(await first), 'WRONG_PASSWORD');
  }
});

test('change: whoever must change the password can do nothing but that', async () => {
  const { directory, login, logIn } = venue();
  const change = (password: string, next: string) => login.change('new', password, next, '10.0.0.1');
  assert.equal(answerOf(await change('wrong', 'correct horse battery')), 'WRONG_PASSWORD');
  assert.equal(answerOf(await change('right', 'short')), 'UNSUITABLE_PASSWORD');
  assert.equal(answerOf(await change('right', 'right')), 'UNSUITABLE_PASSWORD');
  const prepared = await change('right', 'correct horse battery');
  assert.ok('passwordHash' in prepared);
  assert.equal(prepared.user, directory.user(3));
  assert.ok(await verifyPassword(prepared, 'correct horse battery'));
  const { salt, passwordHash } = prepared;
  say(directory, {
    type: 'UserPasswordSet',
    targetUserId: 3,
    salt: new Uint8Array(salt),
    passwordHash: new Uint8Array(passwordHash),
  });
  assert.equal(await logIn('NEW', 'correct horse battery'), 'NEW');
  assert.equal(await logIn('NEW'), 'WRONG_PASSWORD');
});

test('passwords of people: length, variety, no control characters, no login name', () => {
  const faults = [
    'elevencharA',
    'twelve chars',
    'x'.repeat(129),
    'abcdabcdabcd',
    'my-ANNa-password',
    'tab\there at all',
    'ĝis revido 💶',
  ];
  assert.deepEqual(
    faults.map((password) => passwordFault(password, 'anna')),
    [
      'it must have 12 characters or more',
      undefined,
      'it must have 128 characters or fewer',
      'it must have 5 different characters or more',
      'it must not have the login name in it',
      'it must not have control characters',
      undefined,
    ],
  );
});
