import type { Duplex } from 'node:stream';
import { type FixFrameHandler, FixFramer, FrameVerdict } from '#codec/fix/fix-framer.ts';
import { assert } from '#lib/assert.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import type { FixLimits } from '../limits.ts';
import type { FixSessionProfile } from './profile.ts';

export const ConnectionPhase = {
  AwaitingLogon: 1,
  /** The Logon is being checked. */
  Authenticating: 2,
  LoggedOn: 3,
  /** What was written is on its way out; nothing is read any more. */
  Closing: 4,
  Closed: 5,
} as const;
export type ConnectionPhase = (typeof ConnectionPhase)[keyof typeof ConnectionPhase];

/** What a connection, and with `onClosed` its acceptor, tells the session that it carries. */
export interface ConnectionSession {
  readonly profile: FixSessionProfile;
  /** Whether what can be sent later waits until the counterparty has read: half of the output's bound waits, or a resend is on its way. */
  readonly isFull: boolean;
  /** One message; what the verdicts mean says `FrameVerdict`. */
  onFrame(bytes: Uint8Array, from: number, to: number): FrameVerdict;
  /** Bytes were passed over. Their number, if they had one, will be missing. */
  onGarbled(length: number): void;
  /** Everything written has left. */
  onDrain(): void;
  /** What `flushStore` answered up to this number is stored. */
  readonly stored: number;
  /**
   * Has the turn's numbers and messages stored. @returns what `stored` has to reach before what was written may leave; -1 after a
   * failure, which ends the connection
   */
  flushStore(): number;
  /** One beat: heartbeats and every timeout of the session. */
  tick(nowMs: number): void;
  logout(reason: string): void;
  /** The connection is over. */
  onClosed(reason: string): void;
}

/** What was written and waits: until it is stored, or until the counterparty has taken more of what was written before. */
interface Waiting {
  readonly mark: number;
  readonly bytes: Uint8Array;
}

/** What a connection needs of its acceptor. */
export interface ConnectionHost {
  readonly limits: FixLimits;
  nowMs(): number;
  /** The first message came in: `begin` or `drop` follows, now or later. */
  logon(connection: FixConnection, bytes: Uint8Array, from: number, to: number): void;
  /** The connection keeps messages that were not taken. */
  retryLater(connection: FixConnection): void;
  /** The kept messages of the connection may be taken now. */
  retryNow(connection: FixConnection): void;
  /** The connection has something to flush. */
  markDirty(connection: FixConnection): void;
  flush(): void;
  /** An outgoing buffer of `limits.chunkBytes`. */
  takeChunk(): ByteBuffer;
  /** Takes an outgoing buffer back whose bytes the operating system has. */
  giveChunk(chunk: ByteBuffer): void;
  /** The connection is over; its socket may not be. */
  closed(connection: FixConnection, reason: string): void;
  /** The connection's socket is gone. */
  forget(connection: FixConnection): void;
}

/**
 * One connection of a FIX counterparty, over any duplex stream: TCP or TLS. It frames what comes in, bounds what a stranger
 * may send, and keeps what goes out until the end of the turn. A counterparty that does not read is cut once more waits for
 * it than the limit says.
 */
export class FixConnection implements FixFrameHandler {
  /** Address of the peer, for logs. */
  declare readonly remote: string;
  declare phase: ConnectionPhase;
  /** Whose name the Logon gave, right or wrong; undefined before. */
  declare claimedUser: string | undefined;
  /** Set by `begin`. */
  declare session: ConnectionSession | undefined;
  declare private readonly host: ConnectionHost;
  declare private readonly stream: Duplex;
  declare private readonly framer: FixFramer;
  declare private out: ByteBuffer;
  declare private outAt: number;
  declare private flushedTo: number;
  /** In the order in which it was written. */
  declare private waiting: Waiting[];
  declare private waitingBytes: number;
  declare private dirty: boolean;
  declare private overflowed: boolean;
  declare private drainWanted: boolean;
  declare private phaseSinceMs: number;
  declare private heldSinceMs: number;
  declare private takenAtMs: number;
  declare private readonly onWritten: () => void;

  constructor(host: ConnectionHost, stream: Duplex, remote: string) {
    this.remote = remote;
    this.phase = ConnectionPhase.AwaitingLogon;
    this.claimedUser = undefined;
    this.session = undefined;
    this.host = host;
    this.stream = stream;
    this.framer = new FixFramer(this, host.limits.logonBytesMax);
    this.out = NO_BYTES;
    this.outAt = 0;
    this.flushedTo = 0;
    this.waiting = [];
    this.waitingBytes = 0;
    this.dirty = false;
    this.overflowed = false;
    this.drainWanted = false;
    this.phaseSinceMs = host.nowMs();
    this.heldSinceMs = -1;
    this.takenAtMs = this.phaseSinceMs;
    this.onWritten = () => {
      this.takenAtMs = this.host.nowMs();
      this.#sendWaiting();
      if (this.drainWanted && this.#hasLeft) this.#onDrain();
    };
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.drop('closed by the counterparty'));
    stream.on('error', (error: NodeJS.ErrnoException) =>
      this.drop(`socket error ${error.code ?? error.message}`),
    );
    stream.on('close', () => this.#gone());
  }

  get open(): boolean {
    return this.phase < ConnectionPhase.Closing;
  }

  /** Whether messages wait that were not taken. */
  get holding(): boolean {
    return this.framer.holding;
  }

  /** Bytes that the counterparty has not taken yet. */
  get bufferedBytes(): number {
    return this.stream.writableLength + this.waitingBytes + this.outAt - this.flushedTo;
  }

  /** Whether half of what may wait does: what can be sent later is, after `wantDrain`. */
  get isFull(): boolean {
    return this.bufferedBytes >= this.host.limits.bufferedBytesMax / 2;
  }

  /** The Logon, which gives this name, is being checked elsewhere: nothing is read until `begin`. */
  authenticating(claimedUser: string): void {
    this.claimedUser = claimedUser;
    this.#enter(ConnectionPhase.Authenticating);
  }

  /** The Logon was accepted: messages go to the session. */
  begin(session: ConnectionSession): void {
    assert(this.open && this.session === undefined, 'Condition: a Logon is accepted once');
    this.session = session;
    this.framer.messageBytesMax = this.host.limits.messageBytesMax;
    this.#enter(ConnectionPhase.LoggedOn);
  }

  /** Queues `bytes[from, to)`, a copy. What is too much is lost, and the connection with it at the end of the turn. */
  write(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (!this.open || this.overflowed) return;
    if (this.bufferedBytes + length > this.host.limits.bufferedBytesMax) {
      this.overflowed = true;
      this.markDirty();
      return;
    }
    if (this.outAt + length > this.out.u8.length) {
      this.#write();
      this.#releaseChunk();
      this.out = this.host.takeChunk();
    }
    const { u8 } = this.out;
    for (let byte = from, at = this.outAt; byte < to; byte++, at++) u8[at] = bytes[byte];
    this.outAt += length;
    this.markDirty();
  }

  /** There is something to store or to write when the turn ends. */
  markDirty(): void {
    if (this.dirty) return;
    this.dirty = true;
    this.host.markDirty(this);
  }

  /** Messages that were not taken come again in this turn. */
  takeHeld(): void {
    if (this.open && this.framer.holding) this.host.retryNow(this);
  }

  /** Asks for one `onDrain` of the session when everything written has left. */
  wantDrain(): void {
    this.drainWanted = true;
  }

  /** Called by the acceptor once per turn. */
  flush(): void {
    this.dirty = false;
    if (!this.open) return;
    if (this.overflowed) {
      this.drop('slow consumer: it did not take what was sent');
      return;
    }
    this.session?.flushStore();
    this.#write();
    this.#releaseChunk();
    if (this.drainWanted && this.#hasLeft) setImmediate(() => this.#onDrain());
  }

  /** Goes on with messages that were not taken. @returns whether some still wait */
  resume(): boolean {
    if (!this.open || !this.framer.holding) return false;
    this.framer.resume();
    this.#afterFraming();
    return this.open && this.framer.holding;
  }

  /** The session's `stored` has grown: what waited for that leaves. */
  onStored(): void {
    this.#sendWaiting();
  }

  /** Ends the connection: what is queued, then FIN. */
  close(reason: string): void {
    if (!this.open) return;
    this.#enter(ConnectionPhase.Closing);
    this.#write();
    this.host.closed(this, reason);
    if (this.waiting.length === 0) this.stream.end();
    this.stream.resume();
  }

  /** Ends the connection at once, what is queued is lost. */
  drop(reason: string): void {
    if (!this.open) return;
    this.#enter(ConnectionPhase.Closing);
    this.host.closed(this, reason);
    this.stream.destroy();
  }

  onFrame(bytes: Uint8Array, from: number, to: number): FrameVerdict {
    if (this.phase === ConnectionPhase.LoggedOn) {
      const verdict = (this.session as ConnectionSession).onFrame(bytes, from, to);
      if (verdict === FrameVerdict.Taken) this.heldSinceMs = -1;
      return this.open ? verdict : FrameVerdict.Stop;
    }
    if (this.phase === ConnectionPhase.Authenticating) return FrameVerdict.Later;
    if (this.phase !== ConnectionPhase.AwaitingLogon) return FrameVerdict.Stop;
    this.host.logon(this, bytes, from, to);
    return this.open ? FrameVerdict.Taken : FrameVerdict.Stop;
  }

  onGarbled(length: number): FrameVerdict {
    if (this.phase === ConnectionPhase.LoggedOn) {
      (this.session as ConnectionSession).onGarbled(length);
      return FrameVerdict.Taken;
    }
    if (this.phase === ConnectionPhase.Authenticating) return FrameVerdict.Later;
    this.drop('garbled message before the Logon');
    return FrameVerdict.Stop;
  }

  onTooLong(): typeof FrameVerdict.Later | typeof FrameVerdict.Stop {
    // Behind a Logon that is accepted it may not be too long.
    if (this.phase === ConnectionPhase.Authenticating) return FrameVerdict.Later;
    if (this.session === undefined) {
      this.drop(`message of more than ${this.host.limits.logonBytesMax} bytes before the Logon`);
    } else this.session.logout(`message longer than ${this.host.limits.messageBytesMax} bytes`);
    return FrameVerdict.Stop;
  }

  /** One beat of the acceptor's timer: timeouts of the connection, then those of the session. */
  tick(nowMs: number): void {
    const { limits } = this.host;
    const inPhaseMs = nowMs - this.phaseSinceMs;
    if (this.phase >= ConnectionPhase.Closing) {
      if (inPhaseMs > limits.closingTimeoutMs) this.stream.destroy();
      return;
    }
    if (this.phase !== ConnectionPhase.LoggedOn) {
      if (inPhaseMs > limits.logonTimeoutMs) this.drop('no Logon in time');
      return;
    }
    if (this.stream.writableLength === 0) this.takenAtMs = nowMs;
    if (nowMs - this.takenAtMs > limits.stalledTimeoutMs) {
      this.drop('slow consumer: it stopped reading');
      return;
    }
    const session = this.session as ConnectionSession;
    // What waits until the counterparty has read what was sent does not wait for us.
    if (!this.framer.holding || session.isFull) this.heldSinceMs = -1;
    else if (this.heldSinceMs < 0) this.heldSinceMs = nowMs;
    if (this.heldSinceMs >= 0 && nowMs - this.heldSinceMs > limits.heldTimeoutMs) {
      session.logout('the venue takes no messages now');
      return;
    }
    session.tick(nowMs);
  }

  #onData(chunk: Buffer): void {
    if (!this.open) return;
    this.framer.push(chunk);
    this.#afterFraming();
    this.markDirty();
    this.host.flush();
  }

  #afterFraming(): void {
    if (!this.open) return;
    if (this.framer.holding) {
      this.stream.pause();
      if (this.phase === ConnectionPhase.LoggedOn) this.host.retryLater(this);
    } else if (this.stream.isPaused()) this.stream.resume();
  }

  #enter(phase: ConnectionPhase): void {
    this.phase = phase;
    this.phaseSinceMs = this.host.nowMs();
  }

  #write(): void {
    if (this.flushedTo === this.outAt || this.stream.destroyed) return;
    const { session, waiting } = this;
    // What leaves is stored: a number that the counterparty has seen is never used again.
    const mark = session === undefined ? 0 : session.flushStore();
    if (mark < 0) return;
    const bytes = this.out.u8.subarray(this.flushedTo, this.outAt);
    this.flushedTo = this.outAt;
    if (waiting.length === 0 && this.#mayLeave(mark, bytes)) this.#send(bytes);
    else {
      waiting.push({ mark, bytes: bytes.slice() });
      this.waitingBytes += bytes.length;
    }
  }

  #sendWaiting(): void {
    const { waiting } = this;
    let count = 0;
    for (; count < waiting.length && this.#mayLeave(waiting[count].mark, waiting[count].bytes); count++) {
      const { bytes } = waiting[count];
      this.waitingBytes -= bytes.length;
      this.#send(bytes);
    }
    if (count === 0) return;
    this.waiting = waiting.slice(count);
    if (this.waiting.length === 0 && this.phase === ConnectionPhase.Closing) this.stream.end();
  }

  /**
   * Whether the bytes are stored, and few enough wait in the stream: it makes one write of them, and only its end tells that the counterparty
   * reads.
   */
  #mayLeave(mark: number, bytes: Uint8Array): boolean {
    const { writableLength } = this.stream;
    if (writableLength > 0 && writableLength + bytes.length > this.host.limits.chunkBytes) return false;
    return mark <= (this.session?.stored ?? 0);
  }

  #send(bytes: Uint8Array): void {
    if (this.stream.destroyed) return;
    if (this.stream.writableLength === 0) this.takenAtMs = this.host.nowMs();
    this.stream.write(bytes, this.onWritten);
  }

  /** Whether the operating system has everything that was written. */
  get #hasLeft(): boolean {
    return this.waiting.length === 0 && this.stream.writableLength === 0;
  }

  /** Lets others use the outgoing buffer, once the operating system has its bytes; a quiet connection keeps none. */
  #releaseChunk(): void {
    if (this.out !== NO_BYTES && this.stream.writableLength === 0) this.host.giveChunk(this.out);
    this.out = NO_BYTES;
    this.outAt = 0;
    this.flushedTo = 0;
  }

  #onDrain(): void {
    if (!this.drainWanted || this.phase !== ConnectionPhase.LoggedOn) return;
    this.drainWanted = false;
    (this.session as ConnectionSession).onDrain();
    this.host.flush();
  }

  #gone(): void {
    this.drop('closed');
    this.phase = ConnectionPhase.Closed;
    this.host.forget(this);
  }
}

const NO_BYTES = new ByteBuffer(0);
