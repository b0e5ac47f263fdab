/**
 * The floor of orders over HTTP: a bare Fastify route that parses the same JSON, and answers that it did. It proves nobody,
 * checks nothing, and keeps nothing. In a process of its own; tells its parent its port.
 */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { endProcess } from '#lib/end-process.ts';

const app = Fastify();
app.post('/api/v1/orders', (request) => ({
  clientOrderId: (request.body as { clientOrderId: string }).clientOrderId,
}));
await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ port: (app.server.address() as AddressInfo).port });
// The parent is gone: nobody would end this process.
process.on('disconnect', () => endProcess(1));
process.on('SIGTERM', () => endProcess(0));
