import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { KeyHolder } from '#gateways/binance/key-holder.ts';
import { TimeUnit } from '#gateways/binance/texts.ts';
import { UserStream, type UserStreamServices } from '#gateways/binance/user-stream.ts';
import { BTCUSD, viewOf, viewsOf } from '#gateways/rest/test-support.ts';
import { UserConnections } from '#gateways/websocket/user-connections.ts';
import { BUY_ONE, DeskVenue } from './support/desk-venue.ts';
import { send } from './support/random-flow.ts';

interface ExecutionReport {
  /** The order, what happened to it, and what it is now. */
  readonly i: number;
  readonly x: string;
  readonly X: string;
}

test('user data: each order that was replaced is told as canceled, also where events were lost', async (t) => {
  const venue = new DeskVenue(t, 2);
  const { desk } = venue;
  const views = viewsOf([viewOf({ ...BTCUSD, instrumentId: 1 })]);
  const services = {
    sources: { views, desk, wallMs: () => 5 },
    accounts: { follow: () => () => {} },
    users: new UserConnections(1),
  } as unknown as UserStreamServices;
  const told: string[] = [];
  const stream = await UserStream.open(services, { userId: 1, isOver: false } as KeyHolder, {
    timeUnit: TimeUnit.Millisecond,
    onEvent: (event) => {
      const { i, x, X } = event as ExecutionReport;
      told.push(`${i} ${x} ${X}`);
    },
    whenReading: () => undefined,
    onStreamEnded: () => {},
  });
  t.after(() => stream.end());
  const count = 300;
  const { clientTag: _none, ...order } = BUY_ONE;
  send(venue.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 1, ...order });
  const expected = ['1 NEW NEW'];
  for (let number = 1; number < count; number++) {
    send(venue.outbox, {
      type: 'ReplaceOrder',
      userId: 1,
      instrumentId: 1,
      clientOrderId: number + 1,
      originalClientOrderId: number,
      priceTicks: 100 + (number % 2),
      qtyLots: 1,
    });
    expected.push(`${number} CANCELED CANCELED`, `${number + 1} NEW NEW`);
  }
  venue.turn();
  venue.restart();
  while (told.length === 0 || !told.at(-1)?.startsWith(`${count} `)) await setTimeout(1);
  assert.deepEqual(told, expected);
});
