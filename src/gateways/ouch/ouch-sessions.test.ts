import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '#codec/log/record-types.ts';
import { CommandType } from '#domain/commands.ts';
import { RejectCode } from '#domain/rejects.ts';
import { hashPassword } from '../identity/password.ts';
import {
  accepted,
  acceptedFrom,
  ENTER,
  LOGIN,
  startVenue,
  type TestVenue,
  until,
  userAdded,
} from './test-support.ts';

test('login: names without regard to case; wrong session and a sequence from the future are refused', async () => {
  const venue = await startVenue();
  venue.say(...acceptedFrom(1, 3));
  const lower = await venue.loggedIn('alice', 4);
  assert.deepEqual(lower.short, [LOGIN(4)]);
  const cases = [
    { sequence: 5, session: '', answer: ['+the next sequence number is 4', 'JS', 'closed'] },
    { sequence: 1, session: 'OTHER', answer: ['+the session here is HIVE', 'JS', 'closed'] },
  ];
  for (const { sequence, session, answer } of cases) {
    const client = venue.client();
    client.login('BOB', sequence === 5 ? 2 : sequence, session);
    const expected = sequence === 5 ? ['+the next sequence number is 1', 'JS', 'closed'] : answer;
    assert.deepEqual(await client.ended(), expected);
  }
  const named = venue.client();
  named.login('BOB', 1, 'HIVE');
  assert.deepEqual(await named.received(1), [LOGIN(1)]);
});

test('login: a disabled user and one who must change the password are refused, with the right password', async () => {
  const venue = await startVenue();
  const answer = async (username: string): Promise<unknown> => {
    const client = venue.client();
    client.login(username);
    return (await client.received(1))[0];
  };
  venue.say(
    userAdded(5, 'off', { enabled: 0 }),
    userAdded(6, 'new', { mustChangePassword: 1 }),
    userAdded(7, 'a.longer-name@venue'),
  );
  assert.equal(await answer('OFF'), '+the user is disabled');
  assert.equal(await answer('NEW'), '+the password must be changed first, at another door');
  venue.say({ type: 'UserEnabledSet', targetUserId: 5, enabled: 1 });
  assert.equal(await answer('OFF'), LOGIN(1));
});

test('login: a new password holds from its event on', async () => {
  const venue = await startVenue();
  const salt = new Uint8Array(16).fill(9);
  const passwordHash = new Uint8Array(await hashPassword('changed', salt));
  venue.say(userAdded(6, 'new', { mustChangePassword: 1 }));
  venue.say({ type: 'UserPasswordSet', targetUserId: 6, salt, passwordHash });
  const before = venue.client();
  before.login('NEW');
  assert.deepEqual(await before.ended(), ['+unknown user or wrong password', 'JA', 'closed']);
  const client = venue.client();
  client.login('NEW', 1, '', 'changed');
  assert.deepEqual(await client.received(1), [LOGIN(1)]);
});

test('a user who is disabled is sent away, and the session closed', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  venue.say({ type: 'UserEnabledSet', targetUserId: 9, enabled: 0 });
  assert.deepEqual(await client.ended(), [LOGIN(1), '+the user was disabled', 'closed']);
  await until(() => venue.sink.reserved === 2);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession', 'CloseSession'],
  );
});

test('a user who has to change the password is sent away; one who has changed it goes on', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  const salt = new Uint8Array(16).fill(9);
  venue.say({ type: 'UserPasswordSet', targetUserId: 9, salt });
  venue.say({ type: 'UserPasswordSet', targetUserId: 9, salt, mustChangePassword: 1 });
  const reason = '+the password must be changed first, at another door';
  assert.deepEqual(await client.ended(), [LOGIN(1), reason, 'closed']);
});

test('a session that the venue refuses is over', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  venue.say({
    type: 'CommandRejected',
    userId: 9,
    commandType: CommandType.OpenSession,
    rejectCode: RejectCode.CAPACITY,
  });
  assert.deepEqual(await client.ended(), [LOGIN(1), '+the venue refused the session: CAPACITY', 'closed']);
});

test('a session that the venue has opened stays when it refuses another one of the user, of another door or node', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  const { nodeId, sessionId } = venue.sink.take().at(-1) as Command<'OpenSession'>;
  venue.say({ type: 'SessionOpened', userId: 9, nodeId, sessionId });
  venue.say({
    type: 'CommandRejected',
    userId: 9,
    commandType: CommandType.OpenSession,
    rejectCode: RejectCode.CAPACITY,
  });
  venue.say(accepted(1));
  await client.received(2);
  assert.deepEqual(client.short, [LOGIN(1), 'OrderAccepted 1']);
});

test('a session that another node ended is over; those of other nodes and earlier ones of this node are not it', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  const { nodeId, sessionId } = venue.sink.take().at(-1) as Command<'OpenSession'>;
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId });
  assert.equal(venue.gateway.connections, 1, 'a session of the start before had the number');
  venue.say({ type: 'SessionOpened', userId: 9, nodeId, sessionId });
  venue.say({ type: 'SessionClosed', userId: 9, nodeId: nodeId + 1, sessionId });
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId: sessionId + 1 });
  assert.equal(venue.gateway.connections, 1);
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId });
  assert.deepEqual(await client.ended(), [
    LOGIN(1),
    '+this node was cut off from the venue, which ended the session: log in again',
    'closed',
  ]);
});

test('a session that staff ended is over, for the reason given, and is not closed again', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  const { nodeId, sessionId } = venue.sink.take().at(-1) as Command<'OpenSession'>;
  venue.say({ type: 'SessionOpened', userId: 9, nodeId, sessionId });
  venue.say({ type: 'SessionEnded', userId: 9, nodeId, sessionId, motive: 'a drill' });
  venue.say({ type: 'SessionClosed', userId: 9, nodeId, sessionId });
  assert.deepEqual(await client.ended(), [LOGIN(1), '+the venue ended the session: a drill', 'closed']);
  await venue.loggedIn();
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession'],
  );
});

test('suspend: sessions end with the reason and logins get it, until it is over', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  venue.gateway.suspend('cut off');
  assert.deepEqual(await client.ended(), [LOGIN(1), '+cut off', 'closed']);
  const refused = venue.client();
  refused.login('ALICE');
  assert.deepEqual(await refused.ended(), ['+cut off', 'JS', 'closed']);
  venue.gateway.suspend(undefined);
  await venue.loggedIn();
});

test('a second login of a user takes over: the first is told and closed, as a disconnect', async () => {
  const venue = await startVenue();
  const first = await venue.loggedIn();
  const second = await venue.loggedIn();
  assert.deepEqual(await first.ended(), [LOGIN(1), '+the same user logged in again', 'closed']);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['OpenSession', 'CloseSession', 'OpenSession'],
  );
  venue.say(accepted(1));
  await second.received(2);
  assert.deepEqual(second.short, [LOGIN(1), 'OrderAccepted 1']);
});

test('a second login of a user that the venue has no room for leaves the first as it is', async () => {
  const venue = await startVenue();
  const first = await venue.loggedIn();
  const { nodeId, sessionId } = venue.sink.take().at(-1) as Command<'OpenSession'>;
  venue.say({ type: 'SessionOpened', userId: 9, nodeId, sessionId });
  // It takes the end of the first and the begin of the second, or neither.
  for (const room of [0, 1]) {
    venue.sink.room = room;
    const second = venue.client();
    second.login('ALICE');
    assert.deepEqual(await second.ended(), ['+the venue takes no commands now', 'JS', 'closed']);
  }
  assert.deepEqual(venue.sink.take(), []);
  venue.say(accepted(1));
  await first.received(2);
  assert.deepEqual(first.short, [LOGIN(1), 'OrderAccepted 1']);
});

test('cancel on disconnect: by the door\u2019s default and by the client\u2019s choice', async () => {
  const flags = (venue: TestVenue) =>
    venue.sink
      .take()
      .map((command) => (command.type === 'OpenSession' ? command.cancelOnDisconnect : command.type));
  const venue = await startVenue({ cancelOnDisconnect: true });
  const client = await venue.loggedIn();
  client.send({ type: 'SessionOptions', cancelOnDisconnect: 'N' });
  client.send({ type: 'SessionOptions', cancelOnDisconnect: 'Y' });
  await until(() => venue.sink.reserved === 3);
  client.socket.destroy();
  await until(() => venue.sink.reserved === 4);
  assert.deepEqual(flags(venue), [1, 0, 1, 'CloseSession']);
});

test('a sink that stays without room: sessions end with the reason, and their end is owed until it can be written', async () => {
  const venue = await startVenue({ limits: { heldTicksMax: 2 } });
  const client = await venue.loggedIn();
  venue.sink.take();
  venue.sink.room = 0;
  client.send(ENTER);
  await until(() => venue.sink.refused > 0);
  for (let i = 0; i < 3; i++) venue.gateway.tick();
  assert.deepEqual(await client.ended(), [LOGIN(1), 'H', '+the venue takes no messages now', 'closed']);
  const refused = venue.client();
  refused.login('ALICE');
  assert.deepEqual(await refused.ended(), ['+the venue takes no commands now', 'JS', 'closed']);
  venue.sink.room = 1;
  await until(() => venue.sink.reserved === 1);
  assert.deepEqual(
    venue.sink.take().map(({ type }) => type),
    ['CloseSession'],
  );
});

test('doors that open again owe nothing: whoever opens them has closed what was left', async () => {
  const venue = await startVenue();
  const client = await venue.loggedIn();
  venue.sink.take();
  venue.sink.room = 0;
  await venue.gateway.close('the venue stops');
  await client.ended();
  venue.sink.room = 10;
  const { port } = await venue.gateway.listen();
  assert.ok(port > 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(venue.sink.take(), []);
});

test('close: clients get the reason, no End of Session, since theirs goes on elsewhere, and every open session its CloseSession', async () => {
  const venue = await startVenue();
  const alice = await venue.loggedIn();
  const bob = await venue.loggedIn('BOB');
  venue.sink.take();
  const closed = venue.gateway.close('venue closed');
  assert.deepEqual(
    venue.sink.take().map(({ type, userId }) => [type, userId]),
    [
      ['CloseSession', 9],
      ['CloseSession', 8],
    ],
  );
  await closed;
  assert.deepEqual(await alice.ended(), [LOGIN(1), '+venue closed', 'closed']);
  assert.deepEqual(await bob.ended(), [LOGIN(1), '+venue closed', 'closed']);
  assert.equal(venue.gateway.connections, 0);
});
