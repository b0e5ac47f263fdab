import type { AddressInfo, Socket } from 'node:net';
import type { PacketVerdict } from '#codec/soupbin/framer.ts';
import { LoginRejectCode, type LoginRequest } from '#codec/soupbin/packets.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import { emptyInPlace } from '#lib/empty-in-place.ts';
import { failureLines, LineBudget, type WriteLine } from '#lib/line-budget.ts';
import { ConnectionLimits, type ConnectionPlace } from '../identity/connection-limits.ts';
import { FailedLogins } from '../identity/failed-logins.ts';
import { type Credentials, verifyPassword } from '../identity/password.ts';
import { Listener } from '../listener/listener.ts';
import type { TlsFiles } from '../listener/tls-files.ts';
import { SOUP_LIMITS, type SoupLimits } from './limits.ts';
import type { GatewayLogger } from './logger.ts';
import { type SessionHost, SessionPhase, SoupSession, TOO_MANY_LOGINS } from './session.ts';

export { SOUP_LIMITS, type SoupLimits };

/** What a door says of a login whose password was right. */
export type LoginAnswer =
  | { readonly accepted: true; readonly session: string; readonly nextSequence: number }
  | { readonly accepted: false; readonly code: LoginRejectCode; readonly reason: string };

/** What a protocol puts on top of SoupBinTCP. */
export interface SoupDoor<State> {
  /** Names the door in logs. */
  readonly name: string;
  /** What to check a login against; undefined: no such user here. */
  credentials(username: string): Credentials | undefined;
  /** Whether anybody may log in like this: there is no password to check. Default: nobody. */
  isForAnybody?(request: LoginRequest): boolean;
  /** Decides a login whose password was right. */
  onLogin(session: SoupSession<State>, request: LoginRequest): LoginAnswer;
  /** The Login Accepted is queued: sequenced messages may follow. */
  onLoggedIn(session: SoupSession<State>): void;
  /** One message of a logged-in client; `Later` stops reading it until `retry` or the next turn. */
  onMessage(session: SoupSession<State>, bytes: Uint8Array, from: number, to: number): PacketVerdict;
  /** After `session.wantDrain()`: everything written has left. */
  onDrain(session: SoupSession<State>): void;
  /** What lines of the log say of a session that has logged in, beside the name of its user. */
  traceOf?(session: SoupSession<State>): { readonly userId: number; readonly sessionId: number };
  /** A session that had logged in is over. */
  onClosed(session: SoupSession<State>, reason: string): void;
}

export interface SoupServerOptions {
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** undefined: plain TCP. */
  readonly tls?: TlsFiles;
  readonly limits?: Partial<SoupLimits>;
  /** Slows down guessing; default one of the server's own. */
  readonly failures?: FailedLogins;
}

/**
 * A SoupBinTCP server: accepts connections, checks logins (scrypt off this thread), beats hearts, and gives a door its
 * logged-in sessions. Nothing a client sends can cost more memory or time than `limits` says, nor touch another session.
 */
export class SoupServer<State> implements SessionHost<State> {
  declare readonly door: SoupDoor<State>;
  declare readonly limits: SoupLimits;
  /** Messages that the door has taken since the start. */
  declare messagesTaken: number;
  declare private readonly logger: GatewayLogger;
  declare private readonly lines: { readonly users: LineBudget; readonly strangers: LineBudget };
  declare private readonly failure: WriteLine;
  declare private readonly listener: Listener;
  declare private readonly failures: FailedLogins;
  declare private readonly sessions: Map<SoupSession<State>, ConnectionPlace>;
  /** Logins that wait for their check, in order. */
  declare private readonly waiting: Map<SoupSession<State>, LoginRequest>;
  declare private readonly dirty: SoupSession<State>[];
  declare private readonly held: Set<SoupSession<State>>;
  declare private readonly spareChunks: ByteBuffer[];
  /** Logins with a wrong name or password, and those of which there were too many. */
  declare loginFailures: number;
  declare loginsLimited: number;
  /** Sessions that are logged in. */
  declare loggedIn: number;
  declare private firstHeld: number;
  declare private verifications: number;
  declare private nextId: number;
  declare private onEmpty: (() => void) | undefined;
  /** Since `close` was called: what it resolves. */
  declare private closing: Promise<void> | undefined;
  declare private timer: NodeJS.Timeout | undefined;
  declare private _retry: NodeJS.Immediate | NodeJS.Timeout | undefined;

  constructor(door: SoupDoor<State>, options: SoupServerOptions, logger: GatewayLogger) {
    this.door = door;
    this.limits = { ...SOUP_LIMITS, ...options.limits };
    this.messagesTaken = 0;
    this.logger = logger;
    const { logLinesPerSecondMax: linesMax } = this.limits;
    this.lines = { users: new LineBudget(linesMax), strangers: new LineBudget(linesMax) };
    this.failure = failureLines((fields, message) => logger.warn(fields, message));
    this.failures = options.failures ?? new FailedLogins();
    this.sessions = new Map();
    this.waiting = new Map();
    this.dirty = [];
    this.held = new Set();
    this.spareChunks = [];
    this.loginFailures = 0;
    this.loginsLimited = 0;
    this.loggedIn = 0;
    this.firstHeld = 0;
    this.verifications = 0;
    this.nextId = 1;
    this.onEmpty = undefined;
    this.closing = undefined;
    this.timer = undefined;
    this._retry = undefined;
    this.listener = new Listener(
      { ...options, name: door.name },
      new ConnectionLimits(this.limits),
      (socket, place) => this.#onSocket(socket, place),
      logger,
    );
  }

  #onSocket(socket: Socket, place: ConnectionPlace): void {
    const session = new SoupSession(this, socket, this.nextId++);
    this.sessions.set(session, place);
    place.evict = () => {
      if (session.phase === SessionPhase.Verifying) return false;
      if (session.open) session.cut('too many have not logged in: this one makes room');
      else socket.destroy();
      return true;
    };
  }

  /** Connections, logged in or not. */
  get connections(): number {
    return this.sessions.size;
  }

  /** Starts listening; resolves with the address. @throws Error of node:net (EADDRINUSE, EACCES). */
  async listen(): Promise<AddressInfo> {
    const address = await this.listener.listen();
    this.closing = undefined;
    if (this.limits.tickMs > 0) this.timer = setInterval(() => this.tick(), this.limits.tickMs);
    return address;
  }

  /**
   * Ends every connection with the reason and stops listening. Where no more messages of a session will come from anywhere, the door has
   * said End of Session before. Resolves when all sockets are closed, also when it was called before.
   */
  close(reason: string): Promise<void> {
    this.closing ??= this.#close(reason);
    return this.closing;
  }

  async #close(reason: string): Promise<void> {
    const listenerClosed = this.listener.close();
    for (const session of [...this.sessions.keys()]) session.close(reason);
    this.flush();
    await listenerClosed;
    if (this.sessions.size > 0) await new Promise<void>((resolve) => (this.onEmpty = resolve));
    clearInterval(this.timer);
    this.#clearRetry();
  }

  /** One beat: the timer calls it every `tickMs`. */
  tick(): void {
    for (const session of this.sessions.keys()) session.tick();
    this.flush();
  }

  /** Writes out what the sessions queued: once per turn, by the door. */
  flush(): void {
    const dirty = this.dirty;
    for (let i = 0; i < dirty.length; i++) dirty[i].flush();
    emptyInPlace(dirty);
  }

  /**
   * Hands kept packets over again, each time beginning with another session so that none starves. Runs by itself on
   * the next turn, then every millisecond while nothing is taken.
   */
  retry(): void {
    const taken = this.messagesTaken;
    const held = [...this.held];
    this.firstHeld = (this.firstHeld + 1) % Math.max(1, held.length);
    for (let i = 0; i < held.length; i++) {
      const session = held[(this.firstHeld + i) % held.length];
      if (!session.resume()) this.held.delete(session);
    }
    this.flush();
    this.#clearRetry();
    if (this.held.size === 0) return;
    if (this.messagesTaken > taken) this._retry = setImmediate(() => this.retry());
    else this._retry = setTimeout(() => this.retry(), 1);
  }

  /** Called by a session that keeps packets. */
  retryLater(session: SoupSession<State>): void {
    this.held.add(session);
    this._retry ??= setImmediate(() => this.retry());
  }

  #clearRetry(): void {
    clearImmediate(this._retry as NodeJS.Immediate | undefined);
    clearTimeout(this._retry as NodeJS.Timeout | undefined);
    this._retry = undefined;
  }

  /** Called by a session whose Login Request came in. */
  verify(session: SoupSession<State>, request: LoginRequest): void {
    // Not before the packet has been taken, as after a check.
    if (this.door.isForAnybody?.(request) === true) {
      queueMicrotask(() => this.#verified(session, request, true));
    } else if (this.verifications < this.limits.verificationsMax) this.#check(session, request);
    else if (this.waiting.size < this.limits.verificationsWaitingMax) this.waiting.set(session, request);
    else {
      this.loginsLimited++;
      session.rejectLogin(LoginRejectCode.SessionNotAvailable, TOO_MANY_LOGINS);
      this.flush();
    }
  }

  #check(session: SoupSession<State>, request: LoginRequest): void {
    const { username } = request;
    const refusal = this.failures.refusal(username, session.address);
    if (refusal !== undefined) {
      this.loginsLimited++;
      const seconds = Math.ceil(refusal.retryAfterMs / 1_000);
      const reason = `too many failed logins: try again in ${seconds} s`;
      session.rejectLogin(LoginRejectCode.NotAuthorized, reason);
      this.flush();
      return;
    }
    this.verifications++;
    verifyPassword(this.door.credentials(username), request.password).then(
      (right) => {
        if (right) this.failures.succeeded(username);
        else {
          this.loginFailures++;
          this.failures.failed(username, session.address);
        }
        this.#checkNext();
        this.#verified(session, request, right);
      },
      (error) => {
        this.#checkNext();
        this.failure({ door: this.door.name, error }, 'password check failed');
        if (session.open)
          session.rejectLogin(LoginRejectCode.SessionNotAvailable, 'login is not possible now');
        this.flush();
      },
    );
  }

  /** After a check: begins the one that has waited longest. */
  #checkNext(): void {
    this.verifications--;
    for (const [session, request] of this.waiting) {
      this.waiting.delete(session);
      this.#check(session, request);
      // One that was refused without a check leaves its turn to the next.
      if (this.verifications >= this.limits.verificationsMax) return;
    }
  }

  #verified(session: SoupSession<State>, request: LoginRequest, right: boolean): void {
    if (!session.open) return;
    if (!right) session.rejectLogin(LoginRejectCode.NotAuthorized, 'unknown user or wrong password');
    else {
      const answer = this.door.onLogin(session, request);
      if (answer.accepted) {
        this.loggedIn++;
        this.sessions.get(session)?.admit();
        session.acceptLogin(answer.session, answer.nextSequence);
        const { username: user } = request;
        const fields = { user, ...this.door.traceOf?.(session), nextSequence: answer.nextSequence };
        this.#note(this.lines.users, session, fields, 'logged in');
        this.door.onLoggedIn(session);
        session.resume();
      } else session.rejectLogin(answer.code, answer.reason);
    }
    this.flush();
  }

  /** Called by a session. */
  markDirty(session: SoupSession<State>): void {
    this.dirty.push(session);
  }

  /** An outgoing buffer of at least `bytes`. */
  takeChunk(bytes: number): ByteBuffer {
    if (bytes > this.limits.chunkBytes) return new ByteBuffer(bytes);
    return this.spareChunks.pop() ?? new ByteBuffer(this.limits.chunkBytes);
  }

  /** Takes an outgoing buffer back whose bytes are all in the kernel. */
  giveChunk(chunk: ByteBuffer): void {
    if (chunk.u8.length === this.limits.chunkBytes && this.spareChunks.length < SPARE_CHUNKS_MAX) {
      this.spareChunks.push(chunk);
    }
  }

  /** Called by a session that ends. */
  closed(session: SoupSession<State>, reason: string, loggedIn: boolean): void {
    this.held.delete(session);
    this.waiting.delete(session);
    const { users, strangers } = this.lines;
    const { username: user } = session;
    const fields = { user, ...(loggedIn ? this.door.traceOf?.(session) : {}), reason };
    this.#note(loggedIn ? users : strangers, session, fields, 'session closed');
    if (!loggedIn) return;
    this.loggedIn--;
    this.door.onClosed(session, reason);
  }

  #note(lines: LineBudget, { remote }: SoupSession<State>, fields: object, message: string): void {
    const left = lines.take(performance.now());
    if (left !== undefined) this.logger.info({ door: this.door.name, remote, ...fields, ...left }, message);
  }

  /** Called by a session whose socket is gone. */
  forget(session: SoupSession<State>): void {
    this.sessions.delete(session);
    if (this.sessions.size === 0) this.onEmpty?.();
  }
}

/** Outgoing buffers kept for reuse: a turn that writes to more sessions than this allocates. */
const SPARE_CHUNKS_MAX = 64;
