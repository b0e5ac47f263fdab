import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Role } from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import { principalOf } from '../identity/principal.ts';
import { directoryOf, userAdded } from '../identity/test-support.ts';
import type { Connection } from './connection.ts';
import type { LoggedIn } from './login.ts';
import type { PrivateChannels } from './private-channels.ts';
import type { PublicStreams } from './public-streams.ts';
import { Subscriptions } from './subscriptions.ts';
import type { VenueChannel } from './venue-channels.ts';

const ADMIN = principalOf(directoryOf(userAdded(1, 'ANN', { role: Role.Admin })).user(1)!);

/** Channels that count who follows them. */
function channels() {
  let followers = 0;
  const follow = () => {
    followers++;
    return () => followers--;
  };
  const privates = { prepare: () => follow } as unknown as PrivateChannels;
  const sessions: VenueChannel = {
    name: 'sessions',
    action: Action.ViewNodes,
    prepare: () => () => ({ bring: () => {}, end: follow() }),
  };
  const subscriptions = new Subscriptions(
    {} as Connection,
    { streams: {} as PublicStreams, privates, venue: new Map([['sessions', sessions]]) },
    4,
  );
  return { subscriptions, followers: () => followers };
}

for (const channel of ['reports', 'sessions']) {
  test(`${channel}: a connection that ends while it is asked who it is follows nothing`, async () => {
    const { subscriptions, followers } = channels();
    const who = Promise.withResolvers<LoggedIn>();
    const asked = subscriptions.subscribe({ channel }, () => who.promise);
    subscriptions.close();
    who.resolve({ principal: ADMIN, user: { reportCount: 0 } } as LoggedIn);
    await assert.rejects(asked, { code: 'closing' });
    assert.deepEqual([subscriptions.count, followers()], [0, 0]);
  });

  test(`${channel}: a connection that ends behind the answer and before the first message follows nothing`, async () => {
    const { subscriptions, followers } = channels();
    const user = { reportCount: 0 };
    const beginning = await subscriptions.subscribe(
      { channel },
      async () => ({ principal: ADMIN, user }) as LoggedIn,
    );
    subscriptions.close();
    beginning.begin();
    assert.deepEqual([subscriptions.count, followers()], [0, 0]);
  });

  test(`${channel}: what was followed ends with the connection`, async () => {
    const { subscriptions, followers } = channels();
    const user = { reportCount: 0 };
    const beginning = await subscriptions.subscribe(
      { channel },
      async () => ({ principal: ADMIN, user }) as LoggedIn,
    );
    beginning.begin();
    assert.deepEqual([subscriptions.count, followers()], [1, 1]);
    subscriptions.close();
    assert.deepEqual([subscriptions.count, followers()], [0, 0]);
  });

  test(`${channel}: what is unsubscribed and subscribed again before its first message is followed once`, async () => {
    const { subscriptions, followers } = channels();
    const user = { reportCount: 0 };
    const subscribe = () =>
      subscriptions.subscribe({ channel }, async () => ({ principal: ADMIN, user }) as LoggedIn);
    const first = await subscribe();
    subscriptions.unsubscribe(channel);
    const second = await subscribe();
    first.begin();
    assert.deepEqual([subscriptions.count, followers()], [1, 0]);
    second.begin();
    assert.deepEqual([subscriptions.count, followers()], [1, 1]);
    subscriptions.unsubscribe(channel);
    assert.deepEqual([subscriptions.count, followers()], [0, 0]);
  });
}
