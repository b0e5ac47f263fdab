import type { Duplex } from 'node:stream';
import type { FixDictionary } from '#codec/fix/dictionary/dictionary.ts';
import { FixMessage } from '#codec/fix/fix-message.ts';
import { FixValidator } from '#codec/fix/fix-validator.ts';
import { FixWriter } from '#codec/fix/fix-writer.ts';
import { MsgType, Tag } from '#codec/fix/tags.ts';
import { assert } from '#lib/assert.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import { emptyInPlace } from '#lib/empty-in-place.ts';
import { failureLines, LineBudget, type WriteLine } from '#lib/line-budget.ts';
import type { ConnectionPlace } from '../identity/connection-limits.ts';
import type { GatewayLogger } from '../soupbin/logger.ts';
import { FIX_LIMITS, type FixLimits, outgoingBytesMax } from './limits.ts';
import type { FixApplication } from './session/application.ts';
import { type ConnectionHost, ConnectionPhase, FixConnection } from './session/fix-connection.ts';
import { FixSession } from './session/fix-session.ts';
import { type LogonTerms, readLogonRequest, readLogonTerms } from './session/logon.ts';
import type {
  FixAuthenticator,
  FixLogonAnswer,
  FixLogonRequest,
  FixSessionProfile,
} from './session/profile.ts';
import type { SessionContext } from './session/session-context.ts';
import type { FixStore } from './store/fix-store.ts';

export interface FixAcceptorOptions {
  /** A dictionary for each BeginString that is accepted. */
  readonly dictionaries: readonly FixDictionary[];
  readonly authenticator: FixAuthenticator;
  readonly application: FixApplication;
  /** Opens the store of a session that logs on; the session closes it. Rejects with a FixStoreError. */
  openStore(profile: FixSessionProfile): Promise<FixStore>;
  readonly logger: GatewayLogger;
  readonly limits?: Partial<FixLimits>;
  /** Wall clock, ms since the Unix epoch. */
  nowMs?(): number;
}

/**
 * The FIX door: takes connections, checks Logons, and gives an application its sessions. It opens no socket: whoever
 * listens, on TCP or TLS, bounds the connections and hands each stream to `accept`.
 *
 * Before the counterparty is authenticated nothing is said to it: what is wrong ends the connection, and the log says why.
 */
export class FixAcceptor implements ConnectionHost {
  declare readonly limits: FixLimits;
  declare private readonly options: FixAcceptorOptions;
  declare private readonly lines: { readonly members: LineBudget; readonly strangers: LineBudget };
  declare private readonly failure: WriteLine;
  declare private readonly context: SessionContext;
  declare private readonly validators: ReadonlyMap<string, FixValidator>;
  declare private readonly connections: Set<FixConnection>;
  /** Those of them that never logged on. */
  declare private readonly strangers: Map<FixConnection, ConnectionPlace>;
  /** Connected sessions by the id of their profile. */
  declare private readonly sessions: Map<string, FixSession>;
  /** Ids of sessions whose store is being opened. */
  declare private readonly opening: Set<string>;
  /** Stores that are being closed. */
  declare private readonly closingStores: Set<Promise<void>>;
  declare private readonly dirty: FixConnection[];
  declare private readonly held: Set<FixConnection>;
  declare private readonly spareChunks: ByteBuffer[];
  declare private firstHeld: number;
  declare private readonly timer: NodeJS.Timeout | undefined;
  declare private retryTimer: NodeJS.Timeout | undefined;
  declare private onEmpty: (() => void) | undefined;
  declare private closing: boolean;
  /** Why nobody is let in. */
  declare private suspension: string | undefined;

  constructor(options: FixAcceptorOptions) {
    this.limits = { ...FIX_LIMITS, ...options.limits };
    assert(
      this.limits.chunkBytes >= outgoingBytesMax(this.limits),
      'Condition: an outgoing buffer has room for the longest message',
    );
    this.options = options;
    const { logger } = options;
    this.failure = failureLines((fields, message) => logger.warn(fields, message));
    const nowMs = options.nowMs ?? Date.now;
    this.context = {
      limits: this.limits,
      application: options.application,
      failure: this.failure,
      message: new FixMessage(this.limits.fieldsMax),
      writer: new FixWriter(outgoingBytesMax(this.limits)),
      nowMs,
      closing: (closed) => {
        this.closingStores.add(closed);
        void closed.finally(() => this.closingStores.delete(closed));
      },
    };
    this.validators = new Map(
      options.dictionaries.map((dictionary) => [
        dictionary.beginString,
        new FixValidator(dictionary, this.limits),
      ]),
    );
    const { logLinesPerSecondMax: linesMax } = this.limits;
    this.lines = { members: new LineBudget(linesMax), strangers: new LineBudget(linesMax) };
    this.connections = new Set();
    this.strangers = new Map();
    this.sessions = new Map();
    this.opening = new Set();
    this.closingStores = new Set();
    this.dirty = [];
    this.held = new Set();
    this.spareChunks = [];
    this.firstHeld = 0;
    this.retryTimer = undefined;
    this.onEmpty = undefined;
    this.closing = false;
    this.suspension = undefined;
    const { tickMs } = this.limits;
    this.timer = tickMs > 0 ? setInterval(() => this.tick(), tickMs) : undefined;
  }

  /**
   * Takes a connection; a TCP socket should not delay small writes (`noDelay`).
   * @param remote the peer's address, for logs and for the authenticator
   * @param place the connection's among those that are allowed: giving it back is its owner's
   */
  accept(stream: Duplex, remote: string, place: ConnectionPlace): void {
    if (this.closing) {
      stream.on('error', () => {});
      stream.destroy();
      return;
    }
    const connection = new FixConnection(this, stream, remote);
    this.connections.add(connection);
    this.strangers.set(connection, place);
    place.evict = () => {
      if (connection.phase !== ConnectionPhase.AwaitingLogon) return false;
      connection.drop('too many have not logged on: this one makes room');
      return true;
    };
  }

  /** The connected session of the profile. */
  session(profileId: string): FixSession | undefined {
    return this.sessions.get(profileId);
  }

  nowMs(): number {
    return this.context.nowMs();
  }

  /** Stores and writes what the turn brought: once per turn, by the application. */
  flush(): void {
    const { dirty } = this;
    for (let i = 0; i < dirty.length; i++) dirty[i].flush();
    emptyInPlace(dirty);
  }

  /** One beat: the timer calls it every `tickMs`. */
  tick(): void {
    const nowMs = this.nowMs();
    for (const connection of [...this.connections]) connection.tick(nowMs);
    this.flush();
  }

  /**
   * Logs every session out with the reason and refuses Logons, until it is called with undefined. Where a Logout cannot be stored its connection
   * ends without one.
   */
  suspend(reason: string | undefined): void {
    this.suspension = reason;
    if (reason === undefined) return;
    for (const session of this.sessions.values()) session.logout(reason);
    this.flush();
  }

  /** Logs every session out and takes no connection any more. Resolves when all are gone, after the timeouts of a Logout, and their stores closed. */
  async close(reason: string): Promise<void> {
    this.closing = true;
    for (const session of this.sessions.values()) session.logout(reason);
    for (const connection of [...this.strangers.keys()]) connection.close(reason);
    this.flush();
    if (this.connections.size > 0) await new Promise<void>((resolve) => (this.onEmpty = resolve));
    await Promise.all(this.closingStores);
    clearInterval(this.timer);
    clearTimeout(this.retryTimer);
  }

  /** The first message of a connection. */
  logon(connection: FixConnection, bytes: Uint8Array, from: number, to: number): void {
    try {
      this.#logon(connection, bytes, from, to);
    } catch (error) {
      this.#logonFailed(connection, error);
    }
  }

  retryLater(connection: FixConnection): void {
    this.held.add(connection);
    this.retryTimer ??= setTimeout(() => this.retry(), 0);
  }

  retryNow(connection: FixConnection): void {
    if (!connection.resume()) this.held.delete(connection);
    this.flush();
  }

  /** Hands kept messages over again, each time beginning with another connection so that none starves. */
  retry(): void {
    const held = [...this.held];
    this.firstHeld = (this.firstHeld + 1) % Math.max(1, held.length);
    for (let i = 0; i < held.length; i++) {
      const connection = held[(this.firstHeld + i) % held.length];
      if (!connection.resume()) this.held.delete(connection);
    }
    this.flush();
    clearTimeout(this.retryTimer);
    this.retryTimer = this.held.size > 0 ? setTimeout(() => this.retry(), 1) : undefined;
  }

  markDirty(connection: FixConnection): void {
    this.dirty.push(connection);
  }

  takeChunk(): ByteBuffer {
    return this.spareChunks.pop() ?? new ByteBuffer(this.limits.chunkBytes);
  }

  giveChunk(chunk: ByteBuffer): void {
    if (this.spareChunks.length < SPARE_CHUNKS_MAX) this.spareChunks.push(chunk);
  }

  closed(connection: FixConnection, reason: string): void {
    const { session, remote, claimedUser: user } = connection;
    this.held.delete(connection);
    if (session === undefined) {
      this.#note(this.lines.strangers, { remote, user, reason }, 'session closed');
      return;
    }
    const { id, userId } = session.profile;
    this.#note(this.lines.members, { remote, session: id, userId, reason }, 'session closed');
    if (this.sessions.get(session.profile.id) === session) this.sessions.delete(session.profile.id);
    session.onClosed(reason);
  }

  #note(lines: LineBudget, fields: object, message: string): void {
    const left = lines.take(performance.now());
    if (left !== undefined) this.options.logger.info({ door: 'fix', ...fields, ...left }, message);
  }

  forget(connection: FixConnection): void {
    this.connections.delete(connection);
    this.strangers.delete(connection);
    if (this.connections.size === 0) this.onEmpty?.();
  }

  #logon(connection: FixConnection, bytes: Uint8Array, from: number, to: number): void {
    const { message } = this.context;
    message.scan(bytes, from, to);
    const fault = this.#logonFault(message);
    if (fault !== '') {
      connection.drop(fault);
      return;
    }
    const request = readLogonRequest(message, connection.remote);
    const terms = readLogonTerms(message);
    connection.authenticating(request.username === '' ? request.senderCompId : request.username);
    Promise.resolve(request)
      .then((asked) => this.options.authenticator.authenticate(asked))
      .then((answer) => this.#answered(connection, request, terms, answer))
      .catch((error) => this.#logonFailed(connection, error));
  }

  #logonFailed(connection: FixConnection, error: unknown): void {
    this.failure({ door: 'fix', remote: connection.remote, error }, 'Logon failed');
    connection.drop('the Logon could not be checked');
  }

  /** Why a first message is no Logon that may be looked at further; empty: it is one. */
  #logonFault(message: FixMessage): string {
    if (this.suspension !== undefined) return this.suspension;
    if (message.msgType !== MsgType.Logon) return 'the first message is not a Logon';
    const validator = this.validators.get(message.textAt(0));
    const definition = validator?.definition(message);
    if (validator === undefined || definition === undefined)
      return `BeginString ${message.textAt(0)} is not served`;
    if (!validator.validate(message, definition)) {
      return `Logon with an invalid field: tag ${validator.refTag}, reason ${validator.reason}`;
    }
    const awayMs = Math.abs(this.nowMs() - message.timestampMs(Tag.SendingTime));
    return awayMs > this.limits.sendingTimeToleranceMs ? `SendingTime is ${awayMs} ms from our clock` : '';
  }

  async #answered(
    connection: FixConnection,
    request: FixLogonRequest,
    terms: LogonTerms,
    answer: FixLogonAnswer,
  ): Promise<void> {
    if (!connection.open) return;
    if (!answer.accepted) {
      connection.drop(`Logon refused: ${answer.reason}`);
      return;
    }
    if (this.suspension !== undefined) {
      connection.drop(this.suspension);
      return;
    }
    const { profile } = answer;
    const { id } = profile;
    if (this.sessions.has(id) || this.opening.has(id)) {
      connection.drop(`Logon refused: session ${id} is connected`);
      return;
    }
    this.opening.add(id);
    try {
      const store = await this.options.openStore(profile);
      // Meanwhile nobody could end a session that had not begun.
      const refusal = this.suspension ?? this.options.authenticator.refusal(profile);
      if (refusal !== '') connection.drop(refusal);
      if (connection.open) this.#begin(connection, request, terms, profile, store);
      else await store.close();
    } finally {
      this.opening.delete(id);
    }
  }

  #begin(
    connection: FixConnection,
    request: FixLogonRequest,
    terms: LogonTerms,
    profile: FixSessionProfile,
    store: FixStore,
  ): void {
    const validator = this.validators.get(request.beginString) as FixValidator;
    const { beginString, senderCompId, senderSubId, targetCompId, targetSubId } = request;
    const identity = { beginString, senderCompId, senderSubId, targetCompId, targetSubId };
    const session = new FixSession(this.context, connection, profile, identity, store, validator);
    this.strangers.get(connection)?.admit();
    this.strangers.delete(connection);
    this.sessions.set(profile.id, session);
    connection.begin(session);
    const { id, userId } = profile;
    const fields = { remote: connection.remote, session: id, userId, nextIncoming: store.nextIncoming };
    this.#note(this.lines.members, fields, 'logged on');
    session.start(terms);
    connection.resume();
    this.flush();
  }
}

/** Outgoing buffers kept for reuse: a turn that writes to more connections than this allocates. */
const SPARE_CHUNKS_MAX = 64;
