import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { Connection } from './connection.ts';
import { WebSocketLimits } from './limits.ts';
import { MessageTurns } from './message-turns.ts';
import { SharedMessage } from './shared-message.ts';

for (const perMessageDeflate of [false, true]) {
  const name = perMessageDeflate ? 'compressed' : 'plain';
  test(`${name}: public data is held back while more waits than may, and comes again when that has gone`, async (t) => {
    const server = new WebSocketServer({ port: 0, perMessageDeflate });
    t.after(() => server.close());
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      perMessageDeflate,
    });
    t.after(() => client.terminate());
    let received = 0;
    client.on('message', () => received++);
    const [[ws, { socket }]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
    assert.equal(ws.extensions !== '', perMessageDeflate);
    const turns = new MessageTurns(WebSocketLimits.TURN_MS);
    const connection = new Connection(ws, socket, undefined, WebSocketLimits, turns, 0);
    const drained = Promise.withResolvers<void>();
    connection.listen({ onText: () => {}, onSlow: () => {}, onDrain: drained.resolve, onClose: () => {} });

    const message = new SharedMessage('x'.repeat(16 * 1024));
    let sent = 0;
    // The socket itself may take more than the bound at once.
    while (!connection.isCongested && sent < 10_000) {
      connection.sendShared(message);
      sent++;
    }
    assert.ok(connection.isCongested, `${sent} messages of 16 KiB wait`);
    await connection.whenReading();
    await drained.promise;
    assert.ok(!connection.isCongested);
    for (; received < sent; ) await once(client, 'message');
  });
}
