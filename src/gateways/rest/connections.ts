import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionLimits, type ConnectionPlace } from '../identity/connection-limits.ts';
import type { HttpLimits } from './limits.ts';
import { Problem } from './problems.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

interface Connection {
  readonly place: ConnectionPlace;
  /** Answers that are not sent yet, in the order of their requests. */
  readonly unanswered: ServerResponse[];
  /** In its handshake of TLS. */
  isSecuring: boolean;
  /** Requests over the rate limit. */
  overRate: number;
}

/** The connections of the door: how many there are, by address, and what each is owed. */
export class Connections {
  declare private readonly limits: HttpLimits;
  declare private readonly places: ConnectionLimits;
  declare private readonly isTls: boolean;
  /** By the peer's address and port: with TLS, requests come by another socket object than the connection did. */
  declare private readonly byPeer: Map<string, Connection>;
  /** By the socket of its requests, once there was one. */
  declare private readonly bySocket: WeakMap<Socket, Connection>;

  constructor(limits: HttpLimits, isTls: boolean) {
    this.limits = limits;
    this.isTls = isTls;
    this.places = new ConnectionLimits({
      connectionsMax: limits.CONNECTIONS_MAX,
      strangersMax: limits.STRANGERS_MAX,
      perAddressMax: limits.CONNECTIONS_PER_ADDRESS_MAX,
    });
    this.byPeer = new Map();
    this.bySocket = new WeakMap();
  }

  get count(): number {
    return this.places.connections;
  }

  /** Counts a new connection, or ends it where there are too many. */
  add(socket: Socket): void {
    const place = this.places.enter(socket.remoteAddress);
    if (typeof place === 'string') {
      // Before the handshake of TLS there is nobody to answer.
      if (this.isTls) socket.destroy();
      else refuse(socket, new Problem('too-many-connections', `${place}: close some, or come back later`));
      return;
    }
    const peer = peerOf(socket);
    const connection: Connection = { place, unanswered: [], isSecuring: this.isTls, overRate: 0 };
    this.byPeer.set(peer, connection);
    place.evict = () => {
      if (connection.unanswered.length > 0) return false;
      socket.destroy();
      return true;
    };
    socket.once('close', () => {
      place.leave();
      this.byPeer.delete(peer);
    });
  }

  /** The handshake of TLS is over. */
  secured(socket: Socket): void {
    const connection = this.#of(socket);
    if (connection !== undefined) connection.isSecuring = false;
  }

  /** Counts a request until `end`; false when its connection has too many, or was refused. */
  begin(response: ServerResponse): boolean {
    const unanswered = this.#of(response.req.socket)?.unanswered;
    if (unanswered === undefined) return false;
    unanswered.push(response);
    return unanswered.length <= this.limits.PIPELINED_MAX;
  }

  /** The answer is sent, or will never be. */
  end(response: ServerResponse): void {
    const unanswered = this.#of(response.req.socket)?.unanswered ?? [];
    const at = unanswered.indexOf(response);
    if (at !== -1) unanswered.splice(at, 1);
  }

  /** Counts a request over the rate limit. @returns whether the connection has had so many that it is to end */
  overRate(socket: Socket): boolean {
    const connection = this.#of(socket);
    return connection === undefined || ++connection.overRate >= this.limits.OVER_RATE_MAX;
  }

  /** The connection is no stranger's any more. */
  admit(socket: Socket): void {
    this.#of(socket)?.place.admit();
  }

  /** The connection speaks another protocol from now on: whoever speaks it counts it. */
  release(socket: Socket): void {
    this.#of(socket)?.place.leave();
    this.bySocket.delete(socket);
    this.byPeer.delete(peerOf(socket));
  }

  /** Answers bytes that are no request, or no end of one, and ends the connection. */
  onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const { unanswered, isSecuring = false } = this.#of(socket) ?? {};
    const canAnswer = socket.writable && error.code !== 'ECONNRESET' && !isSecuring;
    if (canAnswer && isOfLast(unanswered)) refuse(socket, problemOfClientError(error.code, this.limits));
    // What is answered already arrives first.
    else socket.destroySoon();
  }

  #of(socket: Socket): Connection | undefined {
    const known = this.bySocket.get(socket);
    if (known !== undefined) return known;
    const connection = this.byPeer.get(peerOf(socket));
    if (connection !== undefined) this.bySocket.set(socket, connection);
    return connection;
  }
}

/**
 * Whether what is written now is the answer to the bytes that came last: to no request, or to one that has not come to its
 * end. It would be taken for the answer of a whole request before them.
 */
function isOfLast([response, ...others]: readonly ServerResponse[] = []): boolean {
  if (response === undefined) return true;
  return others.length === 0 && !response.req.complete && !response.headersSent;
}

/** What tells a connection from all others that are open. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function problemOfClientError(code: string | undefined, limits: HttpLimits): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        'headers-too-large',
        `request line and headers may have ${limits.HEADER_BYTES_MAX} bytes together`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(
        'request-timeout',
        `headers must come within ${limits.HEADERS_MS_MAX} ms and the body within ${limits.REQUEST_MS_MAX} ms`,
      );
    default:
      return new Problem('malformed-http', 'send a request as RFC 9112 has it');
  }
}

/** Writes a whole answer without the server's help, and ends the connection. */
export function refuse(socket: Socket, problem: Problem): void {
  const body = JSON.stringify(problem.details(undefined));
  const headers = Object.entries({
    ...SECURITY_HEADERS,
    ...problem.headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${headers.join('')}\r\n${body}`);
  // A peer that does not read, or goes on sending, is not waited for.
  socket.once('finish', () => socket.destroySoon());
  socket.on('error', () => socket.destroy());
}
