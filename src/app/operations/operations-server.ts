import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXPOSITION_TYPE } from '#projections/metrics/registry.ts';

/** Connections at once: probes, a scraper or two, and people with curl. */
const CONNECTIONS_MAX = 64;
const REQUEST_MS_MAX = 5_000;

/** How a node is, to those that send it clients or start it again. */
export interface Probes {
  /** What it is doing, in a word or two. */
  readonly state: string;
  /** What somebody should look at soon; undefined: nothing. */
  readonly warning?: string | undefined;
  /** Whether the process and its order path go on. Says nothing of the log: another process would find the same log. */
  readonly isAlive: boolean;
  /** Whether to send clients here. */
  readonly isReady: boolean;
  /** Whether it has recovered since it was started. */
  readonly isStarted: boolean;
}

const PATHS: { readonly [path: string]: (probes: Probes) => boolean } = {
  '/healthz': ({ isAlive }) => isAlive,
  '/readyz': ({ isReady }) => isReady,
  '/startupz': ({ isStarted }) => isStarted,
};

/** Answers how the node is, without asking who wants to know: three probes, 200 or 503 each, and the metrics. */
export class OperationsServer {
  declare private readonly server: Server;
  declare private readonly probes: () => Probes;
  declare private readonly metrics: () => string;

  constructor(probes: () => Probes, metrics: () => string) {
    this.probes = probes;
    this.metrics = metrics;
    this.server = createServer(
      { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX },
      (request, response) => this.#answer(request.url ?? '', response),
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

  #answer(path: string, response: ServerResponse): void {
    if (path === '/metrics') {
      send(response, 200, EXPOSITION_TYPE, this.metrics());
      return;
    }
    const isGood = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
    if (isGood === undefined) {
      const error = `there are ${Object.keys(PATHS).join(', ')} and /metrics`;
      send(response, 404, 'application/json', `${JSON.stringify({ error })}\n`);
      return;
    }
    const probes = this.probes();
    const { state, warning } = probes;
    send(
      response,
      isGood(probes) ? 200 : 503,
      'application/json',
      `${JSON.stringify({ state, ...(warning === undefined ? {} : { warning }) })}\n`,
    );
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}
