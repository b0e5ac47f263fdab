import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Connections at once: load balancers and people with curl. */
const CONNECTIONS_MAX = 64;
const REQUEST_MS_MAX = 5_000;

/** How a node is, to those that send it clients. */
export interface Health {
  /** What it is doing, in a word or two. */
  readonly state: string;
  /** Whether to send clients here. */
  readonly isReady: boolean;
  /** Whether a restart would not help. */
  readonly isLive: boolean;
  /** What somebody should look at although the node goes on. */
  readonly warning?: string | undefined;
}

/**
 * Answers how the node is, without asking who wants to know: `/health/ready` is 200 when clients are served here and 503 otherwise,
 * `/health/live` is 503 when the node has stopped for good. On the order path's thread, as it is that thread's life that is asked for.
 */
export class OperationsServer {
  declare private readonly server: Server;

  constructor(health: () => Health) {
    this.server = createServer(
      { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
      (request, response) => {
        const { state, isReady, isLive, warning } = health();
        const status = new Map([
          ['/health/ready', isReady],
          ['/health/live', isLive],
        ]).get(request.url ?? '');
        const code = status === undefined ? 404 : status ? 200 : 503;
        const body = JSON.stringify(
          status === undefined ? { error: 'there are /health/ready and /health/live' } : { state, warning },
        );
        response.writeHead(code, {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          connection: 'close',
        });
        response.end(`${body}\n`);
      },
    );
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** @throws Error of node:net */
  listen(host: string, port: number): Promise<AddressInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
    this.server.once('error', reject);
    this.server.listen({ host, port }, () => {
      this.server.off('error', reject);
      resolve(this.server.address() as AddressInfo);
    });
    return promise;
  }

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.server.close(() => resolve());
    this.server.closeAllConnections();
    return promise;
  }
}
