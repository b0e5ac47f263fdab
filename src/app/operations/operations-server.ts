import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { reloadTls, TLS_FILES_PERIOD_MS, type TlsFiles } from '#gateways/listener/tls-files.ts';
import type { GatewayLogger } from '#gateways/soupbin/logger.ts';
import { EXPOSITION_TYPE } from '#projections/metrics/registry.ts';

/** Connections at once: probes, a scraper or two, and people with curl. */
const CONNECTIONS_MAX = 64;
/** For a request, before it for the client's part of the handshake of TLS, and behind it for the client to take some of the answer. */
const REQUEST_MS_MAX = 5_000;

/** Where it listens, and whether with TLS. */
export interface OperationsServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined;
}

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

/** Answers how the node is, asking for a certificate at most (TLS with a clientCa): three probes, 200 or 503 each, and the metrics. */
export class OperationsServer {
  declare private readonly options: OperationsServerOptions;
  declare private readonly probes: () => Probes;
  declare private readonly metrics: () => string;
  declare private readonly logger: GatewayLogger;
  declare private readonly server: Server | TlsServer;
  /** The same server, where it speaks TLS. */
  declare private readonly tlsServer: TlsServer | undefined;
  /** Open connections, also those in their handshake, of which the HTTP server does not know. */
  declare private readonly sockets: Set<Socket>;
  declare private reloadTimer: NodeJS.Timeout | undefined;

  constructor(
    options: OperationsServerOptions,
    probes: () => Probes,
    metrics: () => string,
    logger: GatewayLogger,
  ) {
    this.options = options;
    this.probes = probes;
    this.metrics = metrics;
    this.logger = logger;
    this.sockets = new Set();
    this.reloadTimer = undefined;
    const times = { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX };
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.#answer(request.url ?? '', response);
    const { tls } = options;
    this.tlsServer =
      tls === undefined
        ? undefined
        : createTlsServer({ ...times, ...tls.options, handshakeTimeout: REQUEST_MS_MAX }, answer);
    this.server = this.tlsServer ?? createServer(times, answer);
    this.server.maxConnections = CONNECTIONS_MAX;
    this.server.setTimeout(REQUEST_MS_MAX);
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  /** @throws Error of node:net */
  listen(): Promise<AddressInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
    const { host, port } = this.options;
    this.server.once('error', reject);
    this.server.listen({ host, port }, () => {
      this.server.off('error', reject);
      if (this.tlsServer !== undefined)
        this.reloadTimer = setInterval(() => this.reloadTls(), TLS_FILES_PERIOD_MS).unref();
      resolve(this.server.address() as AddressInfo);
    });
    return promise;
  }

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    clearInterval(this.reloadTimer);
    this.server.close(() => resolve());
    for (const socket of this.sockets) socket.destroy();
    return promise;
  }

  /** Uses the files of TLS as they are now, for connections from now on. The timer calls it. */
  reloadTls(): void {
    const { tls } = this.options;
    if (tls !== undefined && this.tlsServer !== undefined)
      reloadTls(tls, this.tlsServer, 'operations', this.logger);
  }

  /** What a target has behind its path is nothing to go by: load balancers and scrapers may be told to send some. */
  #answer(target: string, response: ServerResponse): void {
    const [path] = target.split('?', 1);
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
