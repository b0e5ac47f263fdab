import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { FrameFault, PacketVerdict, SoupFramer } from '#codec/soupbin/framer.ts';
import {
  decodeLoginAccepted,
  encodeLoginRequest,
  LoginRejectCode,
  type LoginRequest,
  SoupPacket,
  soupPacket,
} from '#codec/soupbin/packets.ts';
import { latin1Of } from '#lib/latin1.ts';

export interface SoupClientOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** undefined: plain TCP. Otherwise whom to trust, and the client's own certificate. */
  readonly tls?: ConnectionOptions | undefined;
  readonly username: string;
  readonly password: string;
  /** Default: the active one. */
  readonly session?: string;
  /** The first message wanted: 1 all, 0 (default) only what comes from now on. */
  readonly sequenceNumber?: number;
  /** Default 5,000. */
  readonly loginTimeoutMs?: number;
  /** Longest payload of a server packet. Default 4,096. */
  readonly payloadBytesMax?: number;
}

export interface SoupClientHandler {
  /** The message is `bytes[from, to)`, valid during the call. */
  onSequenced(bytes: Uint8Array, from: number, to: number, sequenceNumber: number): void;
  onUnsequenced?(bytes: Uint8Array, from: number, to: number): void;
  /** The server says something in words. */
  onDebug?(text: string): void;
  /** The connection is over: why, in the server's words where it said them. Not called when `connect` fails. */
  onClosed?(reason: string): void;
}

/** The server did not let the client in. */
export class SoupLoginError extends Error {
  override readonly name = 'SoupLoginError';
  declare readonly code: 'NOT_AUTHORIZED' | 'SESSION_NOT_AVAILABLE' | 'NO_ANSWER';

  constructor(code: SoupLoginError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A connection to a listener, plain or with TLS. What is written goes out once it stands. */
export function connectSocket(address: Pick<SoupClientOptions, 'host' | 'port' | 'tls'>): Socket {
  const { host = '127.0.0.1', port, tls } = address;
  if (tls === undefined) return connect({ host, port, noDelay: true });
  const socket = connectTls({ host, port, ...tls });
  socket.setNoDelay(true);
  return socket;
}

/** What the server sends as long as the session goes on. */
const GOES_ON: ReadonlySet<number> = new Set([
  SoupPacket.SequencedData,
  SoupPacket.UnsequencedData,
  SoupPacket.ServerHeartbeat,
]);
const HEARTBEAT = soupPacket(SoupPacket.ClientHeartbeat);
const HEARTBEAT_MS = 1_000;
/** Heartbeats that the server may miss. */
const SILENT_BEATS_MAX = 15;

/** A SoupBinTCP client connection, logged in. */
export class SoupClient {
  /** The session's name. */
  declare session: string;
  /** Sequence number of the next message. */
  declare nextSequence: number;
  declare private readonly socket: Socket;
  declare private readonly handler: SoupClientHandler;
  declare private readonly login: PromiseWithResolvers<SoupClient>;
  declare private readonly heartbeat: NodeJS.Timeout;
  declare private isLoggedIn: boolean;
  declare private isOver: boolean;
  declare private lastDebug: string;
  declare private silentBeats: number;

  /**
   * Connects and logs in; messages reach the handler from then on.
   * @throws SoupLoginError when refused, Error of node:net when there is no connection, RangeError when a name does not fit
   */
  static connect(options: SoupClientOptions, handler: SoupClientHandler): Promise<SoupClient> {
    return new SoupClient(options, handler).login.promise;
  }

  private constructor(options: SoupClientOptions, handler: SoupClientHandler) {
    const { host = '127.0.0.1', port, username, password, session = '', sequenceNumber = 0 } = options;
    const request: LoginRequest = { username, password, session, sequenceNumber };
    const login = encodeLoginRequest(request);
    this.session = '';
    this.nextSequence = 0;
    this.handler = handler;
    this.login = Promise.withResolvers();
    this.isLoggedIn = false;
    this.isOver = false;
    this.lastDebug = '';
    this.silentBeats = 0;
    const timeout = setTimeout(() => {
      this.#fail(new SoupLoginError('NO_ANSWER', `${host}:${port} does not answer the login`));
    }, options.loginTimeoutMs ?? 5_000);
    const settled = () => clearTimeout(timeout);
    this.login.promise.then(settled, settled);
    this.heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);

    const framer = new SoupFramer(
      { onPacket: (type, bytes, from, to) => this.#onPacket(type, bytes, from, to) },
      options.payloadBytesMax ?? 4_096,
    );
    this.socket = connectSocket({ host, port, tls: options.tls });
    this.socket.write(login);
    this.socket.on('data', (chunk: Buffer) => {
      this.silentBeats = 0;
      if (framer.push(chunk) !== FrameFault.None)
        this.#over('the server sent bytes that are no SoupBinTCP packet');
    });
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.on('close', () => this.#over(this.lastDebug || 'closed by the server'));
  }

  /** Bytes that the server has not taken yet. */
  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  /** Sends one message. @returns false when it is better to wait for `drained` */
  send(message: Uint8Array): boolean {
    return this.socket.write(soupPacket(SoupPacket.UnsequencedData, message));
  }

  /** Sends packets that are framed already: the fast way for many messages at once. The bytes must not change any more. */
  sendFramed(packets: Uint8Array): boolean {
    return this.socket.write(packets);
  }

  /** Resolves when everything sent has left this process, or the connection is over. */
  drained(): Promise<void> {
    if (this.isOver || this.socket.writableLength === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.socket.once('drain', resolve);
    this.socket.once('close', resolve);
    return promise;
  }

  /** Says goodbye; `onClosed` follows. */
  logout(): void {
    if (!this.isOver) this.socket.end(soupPacket(SoupPacket.LogoutRequest));
  }

  /** Cuts the connection, as a crash would. */
  destroy(): void {
    this.#over('destroyed');
  }

  #onPacket(type: number, bytes: Uint8Array, from: number, to: number): PacketVerdict {
    // Words after which the session goes on do not say why it ends.
    if (GOES_ON.has(type)) this.lastDebug = '';
    switch (type) {
      case SoupPacket.SequencedData:
        this.handler.onSequenced(bytes, from, to, this.nextSequence++);
        break;
      case SoupPacket.UnsequencedData:
        this.handler.onUnsequenced?.(bytes, from, to);
        break;
      case SoupPacket.Debug:
        this.lastDebug = latin1Of(bytes, from, to);
        this.handler.onDebug?.(this.lastDebug);
        break;
      case SoupPacket.LoginAccepted: {
        const accepted = decodeLoginAccepted(bytes, from, to);
        if (accepted === undefined) this.#fail(new SoupLoginError('NO_ANSWER', 'malformed Login Accepted'));
        else {
          this.session = accepted.session;
          this.nextSequence = accepted.sequenceNumber;
          this.isLoggedIn = true;
          this.login.resolve(this);
        }
        break;
      }
      case SoupPacket.LoginRejected: {
        const isUnavailable = bytes[from] === LoginRejectCode.SessionNotAvailable;
        const code = isUnavailable ? 'SESSION_NOT_AVAILABLE' : 'NOT_AUTHORIZED';
        this.#fail(new SoupLoginError(code, this.lastDebug || 'login rejected'));
        break;
      }
      case SoupPacket.EndOfSession:
        this.#over(this.lastDebug || 'end of session');
        break;
    }
    return this.isOver ? PacketVerdict.Stop : PacketVerdict.Taken;
  }

  #beat(): void {
    if (++this.silentBeats > SILENT_BEATS_MAX) this.#over('no heartbeat of the server in time');
    else if (this.isLoggedIn) this.socket.write(HEARTBEAT);
  }

  #fail(error: Error): void {
    this.login.reject(error);
    this.#over(error.message);
  }

  #over(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    clearInterval(this.heartbeat);
    this.socket.destroy();
    if (this.isLoggedIn) this.handler.onClosed?.(reason);
    else this.login.reject(new SoupLoginError('NO_ANSWER', reason));
  }
}
