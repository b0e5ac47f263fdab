import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { failureLines, LineBudget } from '#lib/line-budget.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { ConnectionLimits } from '../identity/connection-limits.ts';
import { refuse } from '../rest/connections.ts';
import { HttpLimits } from '../rest/limits.ts';
import { Problem } from '../rest/problems.ts';
import { problemOfAccess, problemOfFields } from '../rest/request-problems.ts';
import { AccountStreams } from './account-streams.ts';
import { ClientSession, type DoorCounts, type SessionServices } from './client-session.ts';
import { CloseReason } from './close-codes.ts';
import { Connection, type ConnectionListener } from './connection.ts';
import { Credential, WEBSOCKET_PATH } from './credential.ts';
import { WebSocketLimits } from './limits.ts';
import { MessageTurns } from './message-turns.ts';
import { OrderStreams } from './order-streams.ts';
import { PrivateChannels } from './private-channels.ts';
import { PublicStreams } from './public-streams.ts';
import type { WebSocketLogger, WebSocketSources } from './services.ts';
import { UserConnections } from './user-connections.ts';

export interface WebSocketOptions {
  /** Public data is sent at most once in so many milliseconds. */
  readonly flushMs: number;
  /** What accounts have is asked at most once in so many milliseconds. */
  readonly accountsMs: number;
  /** Offer permessage-deflate (RFC 7692): costs memory and time for each client. */
  readonly compression: boolean;
  /** Bounds other than the usual ones. */
  readonly limits?: Partial<WebSocketLimits>;
}

/** What one client says, and what it is told. */
export interface WebSocketSession extends ConnectionListener {
  /** Ends what has lasted too long. Called now and then. */
  sweep(nowMs: number): void;
  /** The node stops: what there is to say before the connection is closed. */
  onStop(): void;
}

/** Another protocol at other paths of the door, behind the same bounds. */
export interface WebSocketDialect {
  takes(path: string): boolean;
  /**
   * Begins to speak with a client.
   * @param target path with query
   * @param onMember to be called when the client has proven who it is
   * @param counts of the door, to be kept
   */
  open(target: string, connection: Connection, onMember: () => void, counts: DoorCounts): WebSocketSession;
}

interface Open {
  readonly connection: Connection;
  readonly session: WebSocketSession;
  readonly closed: Promise<unknown>;
}

/**
 * Serves WebSockets (RFC 6455) of an HTTP server: at `/ws/v1` the venue's own protocol, docs/protocols/websocket.md; at other
 * paths those that were added.
 */
export class WebSocketDoor {
  /** What it is to be given of events. */
  declare readonly accounts: AccountStreams;
  declare readonly orders: OrderStreams;
  declare readonly streams: PublicStreams;
  declare private readonly services: SessionServices;
  declare private readonly ws: WebSocketServer;
  declare private readonly places: ConnectionLimits;
  declare private readonly turns: MessageTurns;
  declare private readonly open: Set<Open>;
  declare private readonly sweeper: NodeJS.Timeout;
  declare private isClosing: boolean;
  declare private isSuspended: boolean;
  declare private readonly dialects: WebSocketDialect[];

  constructor(sources: WebSocketSources, options: WebSocketOptions, logger: WebSocketLogger) {
    const limits = { ...WebSocketLimits, ...options.limits };
    this.accounts = new AccountStreams(sources.archive, options.accountsMs);
    this.orders = new OrderStreams(sources.archive, options.accountsMs);
    this.streams = new PublicStreams(sources.views, options.flushMs);
    this.services = {
      sources,
      streams: this.streams,
      privates: new PrivateChannels(sources.views, this.accounts, this.orders),
      venue: new Map(sources.channels.map((channel) => [channel.name, channel])),
      users: new UserConnections(limits.CONNECTIONS_PER_USER_MAX),
      limits,
      counts: { messages: 0, refused: 0, slow: 0 },
      logger,
      failure: failureLines((fields, message) => logger.error(fields, message)),
      lines: {
        users: new LineBudget(limits.LOG_LINES_PER_SECOND_MAX),
        strangers: new LineBudget(limits.LOG_LINES_PER_SECOND_MAX),
      },
    };
    this.ws = new WebSocketServer({
      noServer: true,
      maxPayload: limits.MESSAGE_BYTES_MAX,
      maxFragments: limits.FRAGMENTS_MAX,
      perMessageDeflate: options.compression,
      clientTracking: false,
      autoPong: false,
    });
    this.ws.on('wsClientError', ({ message }, _socket, request) =>
      refuse(request.socket, problemOfHandshake(request, message)),
    );
    this.places = new ConnectionLimits({
      connectionsMax: limits.CONNECTIONS_MAX,
      strangersMax: limits.STRANGERS_MAX,
      perAddressMax: limits.CONNECTIONS_PER_ADDRESS_MAX,
    });
    this.turns = new MessageTurns(limits.TURN_MS);
    this.open = new Set();
    this.sweeper = setInterval(() => this.#sweep(), limits.SWEEP_MS);
    this.sweeper.unref();
    this.isClosing = false;
    this.isSuspended = false;
    this.dialects = [];
  }

  /** Serves another protocol at its paths, from now on. */
  speak(dialect: WebSocketDialect): void {
    this.dialects.push(dialect);
  }

  get connections(): number {
    return this.places.connections;
  }

  /** Users who are logged on, on however many connections. */
  get users(): number {
    return this.services.users.users;
  }

  /** What happened since it opened. */
  get counts(): Readonly<DoorCounts> {
    return this.services.counts;
  }

  /** Ends every connection; resolves when they are gone. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.streams.close();
    this.accounts.close();
    this.orders.close();
    for (const { connection, session } of this.open) {
      session.onStop();
      connection.close(CloseReason.GoingAway);
    }
    // Those that do not say goodbye are ended by the sweep.
    await Promise.all([...this.open].map(({ closed }) => closed));
    clearInterval(this.sweeper);
  }

  /** Sends everybody to another node and lets nobody in, until it is called with false: this one has no news of the venue. */
  suspend(isSuspended: boolean): void {
    this.isSuspended = isSuspended;
    if (!isSuspended) return;
    for (const { connection } of this.open) connection.close(CloseReason.CutOff);
  }

  /** Takes an upgrade of an HTTP server, or refuses it: those to other paths too. */
  onUpgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    // What the network does needs no word.
    socket.on('error', () => socket.destroy());
    const place = this.places.enter(socket.remoteAddress);
    if (typeof place === 'string') {
      refuse(socket, new Problem('too-many-connections', `${place}: close some, or come back later`));
      return;
    }
    socket.once('close', () => place.leave());
    void this.#admit(request, head, place.admit);
  }

  /** Charges an upgrade to whose proof it brings, or to its address, and begins to speak with the client. */
  async #admit(request: IncomingMessage, head: Buffer, onMember: () => void): Promise<void> {
    const { socket, headers, url = '' } = request;
    const { remoteAddress } = socket;
    const { access } = this.services.sources;
    const [path] = url.split('?', 1);
    const { authorization } = path === WEBSOCKET_PATH ? headers : {};
    const credential =
      authorization === undefined ? undefined : Credential.of(authorization, access, remoteAddress);
    const principal = await credential?.then(
      (good) => good.principal,
      () => undefined,
    );
    const { allowed, retryAfterMs } = access.charge(principal, remoteAddress);
    const dialect = path === WEBSOCKET_PATH ? undefined : this.dialects.find((one) => one.takes(path));
    const isKnown = path === WEBSOCKET_PATH || dialect !== undefined;
    const problem = allowed
      ? this.#whyNot(request, isKnown)
      : problemOfAccess(new AccessRefusal('RATE_LIMITED', retryAfterMs));
    if (problem !== undefined) {
      refuse(socket, problem);
      return;
    }
    this.ws.handleUpgrade(request, socket, head, (ws) => {
      const nowMs = performance.now();
      const connection = new Connection(ws, socket, remoteAddress, this.services.limits, this.turns, nowMs);
      if (dialect !== undefined) {
        this.#add(ws, connection, dialect.open(url, connection, onMember, this.services.counts));
        return;
      }
      const session = new ClientSession(connection, this.services, nowMs, onMember);
      this.#add(ws, connection, session);
      if (credential !== undefined) void session.authenticate(credential);
    });
  }

  /** Why nobody is let in now; undefined: who comes is. */
  #whyNot(request: IncomingMessage, isKnown: boolean): Problem | undefined {
    if (!isKnown) return new Problem('not-found', `WebSockets are at ${WEBSOCKET_PATH}`);
    if (this.isClosing) return new Problem('closing', 'use another node, or this one when it is back');
    if (this.isSuspended) return new Problem('cut-off', 'use another node');
    return problemOfFields(request, HttpLimits);
  }

  #add(ws: WebSocket, connection: Connection, session: WebSocketSession): void {
    const closed = new Promise((resolve) => ws.once('close', resolve));
    const open = { connection, session, closed };
    this.open.add(open);
    connection.listen(session);
    ws.once('close', () => this.open.delete(open));
  }

  #sweep(): void {
    const nowMs = performance.now();
    for (const { connection, session } of this.open) {
      connection.sweep(nowMs);
      if (connection.isOpen) session.sweep(nowMs);
    }
  }
}

/** What is wrong with an upgrade itself (RFC 6455, section 4.2.1). @param detail what `ws` says of it */
function problemOfHandshake({ method = '' }: IncomingMessage, detail: string): Problem {
  if (method !== 'GET') return new Problem('method-not-allowed', 'use GET', { headers: { allow: 'GET' } });
  return new Problem('malformed-http', detail, { headers: { 'sec-websocket-version': '13' } });
}
