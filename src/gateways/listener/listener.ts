import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { failureLines, LineBudget } from '#lib/line-budget.ts';
import type { ConnectionLimits, ConnectionPlace } from '../identity/connection-limits.ts';
import type { GatewayLogger } from '../soupbin/logger.ts';
import { reloadTls, TLS_FILES_PERIOD_MS, type TlsFiles } from './tls-files.ts';

/** How long a client may take for its part of the TLS handshake. */
const HANDSHAKE_MS_MAX = 10_000;
/** Lines of the log about connections that were refused, or whose handshake failed. */
const LOG_LINES_PER_SECOND_MAX = 50;

export interface ListenerOptions {
  /** Names the door in logs. */
  readonly name: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** undefined: plain TCP. */
  readonly tls?: TlsFiles;
}

/**
 * A listening port of raw sockets, plain or with TLS. Each connection has a place among those that `limits` allows from its first byte
 * on, so that half a handshake costs no more than a connection, and keeps it until it is closed. A handshake that is not over makes room
 * as a stranger's connection does.
 */
export class Listener {
  declare private readonly options: ListenerOptions;
  declare private readonly limits: ConnectionLimits;
  declare private readonly onSocket: (socket: Socket, place: ConnectionPlace) => void;
  declare private readonly logger: GatewayLogger;
  declare private readonly server: Server;
  declare private readonly tlsServer: TlsServer | undefined;
  /** Connections in their handshake, and their places. */
  declare private readonly handshakes: Map<string, { raw: Socket; place: ConnectionPlace }>;
  declare private readonly lines: LineBudget;
  declare private reloadTimer: NodeJS.Timeout | undefined;

  /** @param onSocket gets each connection, after its handshake, with a place to `admit` when the client is known, and until then to `evict` */
  constructor(
    options: ListenerOptions,
    limits: ConnectionLimits,
    onSocket: (socket: Socket, place: ConnectionPlace) => void,
    logger: GatewayLogger,
  ) {
    this.options = options;
    this.limits = limits;
    this.onSocket = onSocket;
    this.logger = logger;
    this.handshakes = new Map();
    this.lines = new LineBudget(LOG_LINES_PER_SECOND_MAX);
    this.reloadTimer = undefined;
    this.server = createServer({ noDelay: true }, (socket) => this.#onConnection(socket));
    this.tlsServer = options.tls === undefined ? undefined : this.#tlsServer(options.tls);
  }

  /** Starts listening; resolves with the address. @throws Error of node:net (EADDRINUSE, EACCES). */
  listen(): Promise<AddressInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
    const { name, host = '127.0.0.1', port } = this.options;
    this.server.once('error', reject);
    this.server.listen({ host, port }, () => {
      this.server.off('error', reject);
      const failure = failureLines((fields, message) => this.logger.warn(fields, message));
      this.server.on('error', (error) => failure({ door: name, error }, 'listener failed'));
      if (this.tlsServer !== undefined) {
        this.reloadTimer = setInterval(() => this.reloadTls(), TLS_FILES_PERIOD_MS).unref();
      }
      resolve(this.server.address() as AddressInfo);
    });
    return promise;
  }

  /** Stops listening and cuts handshakes; resolves when every connection is closed: closing the others is their owner's. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    clearInterval(this.reloadTimer);
    this.server.close(() => resolve());
    for (const { raw } of this.handshakes.values()) raw.destroy();
    return promise;
  }

  /** Uses the files of TLS as they are now, for connections from now on. The timer calls it. */
  reloadTls(): void {
    const { tls, name } = this.options;
    if (tls !== undefined && this.tlsServer !== undefined) reloadTls(tls, this.tlsServer, name, this.logger);
  }

  #onConnection(raw: Socket): void {
    const place = this.limits.enter(raw.remoteAddress);
    if (typeof place === 'string') {
      const { connections, strangers } = this.limits;
      const { remoteAddress } = raw;
      const left = this.lines.take(performance.now());
      const fields = { door: this.options.name, remote: remoteAddress, connections, strangers, ...left };
      if (left !== undefined) this.logger.warn(fields, `connection refused: ${place}`);
      raw.destroy();
      return;
    }
    raw.once('close', () => place.leave());
    if (this.tlsServer === undefined) {
      this.onSocket(raw, place);
      return;
    }
    const peer = peerOf(raw);
    this.handshakes.set(peer, { raw, place });
    place.evict = () => {
      this.handshakes.delete(peer);
      raw.destroy();
      return true;
    };
    raw.once('close', () => this.handshakes.delete(peer));
    this.tlsServer.emit('connection', raw);
  }

  #tlsServer(tls: TlsFiles): TlsServer {
    const options = { ...tls.options, handshakeTimeout: HANDSHAKE_MS_MAX, noDelay: true };
    const server = createTlsServer(options, (socket) => this.#onSecure(socket));
    server.on('tlsClientError', (error, socket) => {
      const { code = error.message } = error as NodeJS.ErrnoException;
      const left = this.lines.take(performance.now());
      if (left !== undefined)
        this.logger.info({ door: this.options.name, reason: code, ...left }, 'TLS handshake failed');
      socket.destroy();
    });
    return server;
  }

  #onSecure(socket: TLSSocket): void {
    const peer = peerOf(socket);
    const place = this.handshakes.get(peer)?.place;
    this.handshakes.delete(peer);
    // The connection ended with its handshake.
    if (place === undefined) {
      socket.destroy();
      return;
    }
    place.evict = undefined;
    this.onSocket(socket, place);
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
