import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ViewChange } from '#domain/market-views.ts';
import { BTCUSD, viewOf, viewsOf } from '../rest/test-support.ts';
import { ChannelHub } from './channel-hub.ts';
import { SharedMessage } from './shared-message.ts';

test('nothing is told of views that begin anew, until they are whole', async (t) => {
  const instrument = viewOf(BTCUSD);
  const views = { ...viewsOf([instrument]), isReady: true };
  const hub = new ChannelHub(views, 0);
  t.after(() => hub.close());
  let book = 'whole';
  const feed = {
    changes: ViewChange.Book,
    update: (state: unknown) =>
      state === book ? undefined : { message: new SharedMessage(book), state: book },
  };
  const told: string[] = [];
  const reader = {
    isCongested: false,
    sendShared: (message: SharedMessage) => told.push(message.payload.toString()),
  };
  const subscription = hub.channel('book', instrument, () => feed).subscribe(reader);
  subscription.bring();
  assert.deepEqual(told, ['whole']);

  // What changed before is due; meanwhile the views have begun anew and know of no orders.
  hub.onViewChange(instrument, ViewChange.Book);
  views.isReady = false;
  book = 'empty';
  while (hub.flushes < 1) await turn();
  // Who can be written to again is given what it lacks.
  subscription.bring();
  assert.deepEqual(told, ['whole']);

  views.isReady = true;
  book = 'whole again';
  hub.onViewRestart();
  while (hub.flushes < 2) await turn();
  assert.deepEqual(told, ['whole', 'whole again']);
});
