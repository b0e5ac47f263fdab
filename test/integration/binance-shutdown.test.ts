import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinanceClient, call } from '../support/binance-client.ts';
import { BinanceNode } from '../support/binance-node.ts';
import { WebSocketClient } from '../support/websocket-client.ts';

test('WebSocket: clients are told that the node stops before it closes their connections', async (t) => {
  const venue = await BinanceNode.start(t);
  const url = venue.url.replace('http', 'ws');
  const { listenKey } = (await new BinanceClient(venue.url, venue.maker).signed('POST', '/userDataStream'))
    .body;
  const before = Date.now();
  const open = async (path: string, method: string) => {
    const client = await WebSocketClient.connect(t, `${url}${path}`);
    await call(client, method);
    client.messages.length = 0;
    return client;
  };
  const clients = [
    await open('/ws/btcusd@trade', 'LIST_SUBSCRIPTIONS'),
    await open(`/stream?streams=${listenKey}`, 'LIST_SUBSCRIPTIONS'),
    await open('/ws-api/v3?timeUnit=MICROSECOND', 'ping'),
  ];
  await venue.node.close();
  const told = await Promise.all(
    clients.map(async (client) => {
      const { code } = await client.closed;
      return { code, last: client.messages.at(-1) };
    }),
  );
  const [raw, combined, api] = told.map(({ last }) => (last.data ?? last.event ?? last).E);
  const event = (E: number) => ({ e: 'serverShutdown', E });
  assert.deepEqual(told, [
    { code: 1001, last: event(raw) },
    { code: 1001, last: { stream: '!serverShutdown', data: event(combined) } },
    { code: 1001, last: { event: event(api) } },
  ]);
  for (const E of [raw, combined, api / 1_000]) assert.ok(E >= before && E <= Date.now(), String(E));
});
