import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TestAuthority, whyNoCertificates } from '#gateways/listener/test-certificates.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import { HttpServer } from '#gateways/rest/http-server.ts';
import { asyncApiDocument } from '#gateways/websocket/asyncapi.ts';
import { WebSocketClient } from './support/websocket-client.ts';
import { WebSocketVenue } from './support/websocket-venue.ts';

const LIMIT = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '10.00', quantity: '5' };

test('on an HTTP server with TLS: the server gives the connection up, and the WebSocket counts it', {
  skip: whyNoCertificates(),
}, async (t) => {
  const authority = new TestAuthority();
  const { certificate, key } = authority.issue('venue');
  // Behind the certificates: with a core's memory reserved, a process may be too large to start openssl.
  const venue = await WebSocketVenue.start(t);
  const tls = new TlsFiles({ certificate, key, clientCa: undefined, minimumVersion: 'TLSv1.3' });
  const server = new HttpServer({ host: '127.0.0.1', port: 0, tls }, venue.access, {
    error: () => {},
    warn: () => {},
    info: () => {},
  });
  server.onUpgrade((request, head) => venue.door.onUpgrade(request, head));
  server.addDocument('/asyncapi.json', asyncApiDocument);
  const { port } = await server.listen([]);
  t.after(async () => {
    await venue.door.close();
    await server.close();
  });
  const ca = readFileSync(authority.certificate);
  const client = await WebSocketClient.connect(t, `wss://127.0.0.1:${port}/ws/v1`, { ca });
  await client.auth(await venue.tokenOf(1));
  assert.equal((await client.result('order.place', LIMIT)).order.status, 'open');
  assert.deepEqual([server.connections, venue.door.connections], [0, 1]);
});
