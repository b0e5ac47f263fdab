import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Role } from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import { ViewChannel } from '#gateways/websocket/view-channel.ts';
import { WebSocketClient } from './support/websocket-client.ts';
import { WebSocketVenue } from './support/websocket-venue.ts';

const OPERATOR = 9;

/** A channel that counts its messages, and how often it began and ended. */
function counting(action: Action | undefined) {
  const counts = { begun: 0, ended: 0, read: 0, errors: [] as string[] };
  let failing: Error | undefined;
  const channel = new ViewChannel({
    name: 'counting',
    action,
    everyMs: 1,
    begin: () => {
      counts.begun++;
      return {
        read: async () => {
          if (failing !== undefined) throw failing;
          return { channel: 'counting', type: 'counting', n: ++counts.read };
        },
        end: () => void counts.ended++,
      };
    },
    onError: ({ message }) => void counts.errors.push(message),
  });
  return { counts, channel, fail: (error: Error | undefined) => void (failing = error) };
}

/** The channel is in no document. */
async function connect(t: TestContext, venue: WebSocketVenue): Promise<WebSocketClient> {
  const client = await WebSocketClient.connect(t, venue.url);
  client.isDocumented = false;
  return client;
}

async function start(t: TestContext, channel: ViewChannel): Promise<WebSocketVenue> {
  const venue = await WebSocketVenue.start(t, { channels: [channel] });
  venue.send({ type: 'AddUser', newUserId: OPERATOR, role: Role.Operations, name: 'ops' });
  return venue;
}

test('a view is told again and again while somebody follows it, and costs nothing otherwise', async (t) => {
  const { channel, counts, fail } = counting(Action.ViewNodes);
  const venue = await start(t, channel);
  const clients = [await connect(t, venue), await connect(t, venue)];
  for (const client of clients) {
    await client.auth(await venue.tokenOf(OPERATOR));
    assert.deepEqual(await client.result('subscribe', { channel: 'counting' }), { channel: 'counting' });
  }
  for (const client of clients) {
    const first = (await client.next('counting')).n;
    assert.ok((await client.next('counting')).n > first);
  }
  assert.equal(counts.begun, 1);
  fail(new Error('not now'));
  while (counts.errors.length < 2) await new Promise(setImmediate);
  fail(undefined);
  const { read } = counts;
  await clients[0].take(({ n }) => n > read);
  await clients[0].result('unsubscribe', { channel: 'counting' });
  assert.equal(counts.ended, 0);
  clients[1].ws.close();
  await clients[1].closed;
  while (counts.ended < 1) await new Promise(setImmediate);
  await clients[0].result('subscribe', { channel: 'counting' });
  await clients[0].next('counting');
  assert.deepEqual([counts.begun, counts.ended], [2, 1]);
});

test('a view is refused to those who may not see it, and ends for who may no longer', async (t) => {
  const { channel, counts } = counting(Action.ViewNodes);
  const venue = await start(t, channel);
  const client = await connect(t, venue);
  assert.equal((await client.error('subscribe', { channel: 'counting' })).code, 'not-authenticated');
  await client.auth(await venue.tokenOf(1));
  assert.equal((await client.error('subscribe', { channel: 'counting' })).code, 'not-permitted');
  const operator = await connect(t, venue);
  await operator.auth(await venue.tokenOf(OPERATOR));
  for (const choice of [{ depth: 25 }, { from: 1 }]) {
    const { code, errors } = await operator.error('subscribe', { channel: 'counting', ...choice });
    assert.deepEqual([code, errors[0].field], ['invalid-request', Object.keys(choice)[0]]);
  }
  assert.equal(counts.begun, 0);
  await operator.result('subscribe', { channel: 'counting' });
  assert.equal((await operator.error('subscribe', { channel: 'counting' })).code, 'already-subscribed');
  venue.send({ type: 'SetUserRole', targetUserId: OPERATOR, role: Role.Viewer, reason: 'moved on' });
  const { error } = await operator.take(({ type }) => type === 'failed');
  assert.equal(error.code, 'not-permitted');
  assert.equal(counts.ended, 1);
  assert.equal((await operator.error('unsubscribe', { channel: 'counting' })).code, 'not-subscribed');
});

test('a view without an action is told to anybody', async (t) => {
  const { channel } = counting(undefined);
  const venue = await start(t, channel);
  const client = await connect(t, venue);
  await client.result('subscribe', { channel: 'counting' });
  assert.equal((await client.next('counting')).type, 'counting');
});
