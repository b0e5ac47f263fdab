import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { BTCUSD, viewOf, viewsOf } from '../rest/test-support.ts';
import type { Connection } from '../websocket/connection.ts';
import type { SharedMessage } from '../websocket/shared-message.ts';
import { type StreamServices, StreamSession } from './stream-session.ts';
import { BinanceStreams } from './streams.ts';
import { TimeUnit } from './texts.ts';

/** A session of streams, and what its client was told. */
function session() {
  const views = { ...viewsOf([viewOf(BTCUSD)]), isReady: true };
  const sources = { views, wallMs: () => 5, access: { charge: () => ({ allowed: true }) } };
  const streams = new BinanceStreams(sources as never);
  const opening: (() => void)[] = [];
  let following = 0;
  const desk = {
    hold: () => () => {},
    open: () => new Promise((resolve) => opening.push(() => resolve(user))),
  };
  const user = {
    accountId: 0,
    reportCount: 0,
    follow: () => void following++,
    unfollow: () => void following--,
  };
  const services = {
    sources: { ...sources, desk },
    streams,
    users: { enter: () => true, leave: () => {} },
    listenKeys: { holderOf: (text: string) => (text === 'key' ? { userId: 1, isOver: false } : undefined) },
  } as unknown as StreamServices;
  const connect = () => {
    const told: object[] = [];
    const connection = {
      isOpen: true,
      isCongested: false,
      send: (text: string) => told.push(JSON.parse(text)),
      sendShared: ({ payload }: SharedMessage) => told.push(JSON.parse(payload.toString())),
    } as unknown as Connection;
    const client = new StreamSession(
      connection,
      services,
      { messages: 0, refused: 0, slow: 0 },
      () => {},
      false,
      TimeUnit.Millisecond,
      [],
    );
    const say = (method: string, ...params: unknown[]) =>
      client.onText(JSON.stringify({ method, params, id: 1 }));
    return { client, told, say };
  };
  return { connect, views, streams, opening, following: () => following };
}

test('a request for streams of which one does not exist follows none of them', async () => {
  const { connect, streams } = session();
  const follower = connect();
  follower.say('SUBSCRIBE', 'btcusd@bookTicker');
  const other = connect();
  other.say('SUBSCRIBE', 'btcusd@bookTicker', 'btcusd@nothing');
  await setImmediate();
  assert.deepEqual(other.told, [{ error: { code: 2, msg: 'Invalid request: invalid stream' }, id: 1 }]);
  assert.equal(follower.told.length, 2);
  follower.client.onClose();
  other.client.onClose();
  assert.equal(streams.count, 0);
});

test('a change of `combined` while the state of the market is not known is refused, and nothing is lost by it', async () => {
  const { connect, views, streams } = session();
  const { client, told, say } = connect();
  say('SUBSCRIBE', 'btcusd@bookTicker', 'btcusd@depth');
  await setImmediate();
  told.length = 0;
  views.isReady = false;
  say('SET_PROPERTY', 'combined', true);
  say('GET_PROPERTY', 'combined');
  say('LIST_SUBSCRIPTIONS');
  const msg = 'Internal error; unable to process your request. Please try again.';
  const names = ['btcusd@bookTicker', 'btcusd@depth'];
  assert.deepEqual(told, [
    { error: { code: -1001, msg }, id: 1 },
    { result: false, id: 1 },
    { result: names, id: 1 },
  ]);
  views.isReady = true;
  told.length = 0;
  say('SET_PROPERTY', 'combined', true);
  say('LIST_SUBSCRIPTIONS');
  await setImmediate();
  assert.deepEqual(told.slice(0, 2), [
    { result: null, id: 1 },
    { result: names, id: 1 },
  ]);
  assert.match(JSON.stringify(told[2]), /^{"stream":"btcusd@bookTicker"/);
  client.onClose();
  assert.equal(streams.count, 0);
});

test('a listen key that is left and taken up again while its user is loaded is followed once, until the connection ends', async () => {
  const { connect, opening, following } = session();
  const { client, say } = connect();
  say('SUBSCRIBE', 'key');
  say('UNSUBSCRIBE', 'key');
  say('SUBSCRIBE', 'key');
  for (const loaded of opening) loaded();
  await setImmediate();
  assert.equal(following(), 1);
  client.onClose();
  assert.equal(following(), 0);
});
