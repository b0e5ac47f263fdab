import type { Socket } from 'node:net';
import { FrameFault, type PacketHandler, PacketVerdict, SoupFramer } from '#codec/soupbin/framer.ts';
import {
  decodeLoginRequest,
  encodeLoginAccepted,
  LoginRejectCode,
  type LoginRequest,
  SOUP_HEADER_BYTES,
  SoupPacket,
  soupPacket,
  writeSoupHeader,
} from '#codec/soupbin/packets.ts';
import { assert } from '#lib/assert.ts';
import { ByteBuffer, copyMessage } from '#lib/byte-buffer.ts';
import { onBytes } from '../listener/read-in-place.ts';
import type { SoupLimits } from './limits.ts';

/** What a login is told whose check could not be begun. */
export const TOO_MANY_LOGINS = 'too many logins at once: try again';

export const SessionPhase = {
  AwaitingLogin: 1,
  /** The password is being checked, or waits for it. */
  Verifying: 2,
  LoggedIn: 3,
  /** What was written is on its way out; nothing is read any more. */
  Closing: 4,
  Closed: 5,
} as const;
export type SessionPhase = (typeof SessionPhase)[keyof typeof SessionPhase];

/** What a session needs of its server. */
export interface SessionHost<State> {
  readonly limits: SoupLimits;
  readonly door: {
    onMessage(session: SoupSession<State>, bytes: Uint8Array, from: number, to: number): PacketVerdict;
    onDrain(session: SoupSession<State>): void;
  };
  messagesTaken: number;
  /** A Login Request came in: `acceptLogin` or `rejectLogin` follows. */
  verify(session: SoupSession<State>, request: LoginRequest): void;
  /** The session keeps packets that the door did not take. */
  retryLater(session: SoupSession<State>): void;
  /** The session has something to flush. */
  markDirty(session: SoupSession<State>): void;
  flush(): void;
  /** An outgoing buffer of at least `bytes`. */
  takeChunk(bytes: number): ByteBuffer;
  /** Takes an outgoing buffer back whose bytes are all in the kernel. */
  giveChunk(chunk: ByteBuffer): void;
  closed(session: SoupSession<State>, reason: string, loggedIn: boolean): void;
  /** The session's socket is gone. */
  forget(session: SoupSession<State>): void;
}

/**
 * One client connection of a SoupBinTCP server. Login, heartbeats, framing and the outgoing buffer are dealt with
 * here; the door gets logged-in sessions and their messages.
 *
 * Everything written in one turn leaves with one socket write at `server.flush()`. A client that does not read is
 * closed once the socket holds more than the server's limit: the buffer never grows beyond it.
 *
 * @typeParam State what the door keeps per session.
 */
export class SoupSession<State> implements PacketHandler {
  declare readonly id: number;
  /** Address and port of the peer, for logs. */
  declare readonly remote: string;
  /** Address of the peer, for limits. */
  declare readonly address: string | undefined;
  declare phase: SessionPhase;
  /** As the login gave it, right or wrong; empty before. */
  declare username: string;
  /** The door's own. Set it in `onLogin`. */
  declare state: State | undefined;
  /** Where `reserve` makes room. */
  declare out: ByteBuffer;
  declare private readonly server: SessionHost<State>;
  declare private readonly socket: Socket;
  declare private readonly framer: SoupFramer;
  declare private outAt: number;
  declare private flushedTo: number;
  declare private dirty: boolean;
  declare private ticksInPhase: number;
  declare private ticksSilent: number;
  declare private ticksStalled: number;
  /** Bytes that the operating system had taken at the last tick. */
  declare private takenBytes: number;
  declare private ticksHeld: number;
  declare private wroteSinceTick: boolean;
  declare private drainWanted: boolean;
  declare private isAwaitingWrites: boolean;
  declare private readonly onWritten: () => void;

  constructor(server: SessionHost<State>, socket: Socket, id: number) {
    this.id = id;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    this.address = socket.remoteAddress;
    this.phase = SessionPhase.AwaitingLogin;
    this.username = '';
    this.state = undefined;
    this.out = NO_BYTES;
    this.server = server;
    this.socket = socket;
    this.framer = new SoupFramer(this, server.limits.payloadBytesMax);
    this.outAt = 0;
    this.flushedTo = 0;
    this.dirty = false;
    this.ticksInPhase = 0;
    this.ticksSilent = 0;
    this.ticksStalled = 0;
    this.takenBytes = 0;
    this.ticksHeld = 0;
    this.wroteSinceTick = false;
    this.drainWanted = false;
    this.isAwaitingWrites = false;
    this.onWritten = () => {
      this.isAwaitingWrites = false;
      if (this.socket.writableLength === 0) this.#onDrain();
      else if (this.drainWanted) this.#awaitDrain();
    };
    socket.setNoDelay(true);
    onBytes(socket, (bytes, length) => this.#onBytes(bytes, length));
    socket.on('end', () => this.#over('closed by the client'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#over(`socket error ${error.code ?? error.message}`),
    );
    socket.on('close', () => this.#over('closed'));
  }

  /** Bytes that the client has not taken yet. */
  get bufferedBytes(): number {
    return this.socket.writableLength + this.outAt - this.flushedTo;
  }

  /** Whether the socket holds half of what it may: a door that can send the rest later does so, after `wantDrain`. */
  get isFull(): boolean {
    return this.bufferedBytes >= this.server.limits.bufferedBytesMax / 2;
  }

  get open(): boolean {
    return this.phase < SessionPhase.Closing;
  }

  /** Makes room for `bytes` in `out` and returns where; follow with `advance`. Must not be called on a closed session. */
  reserve(bytes: number): number {
    assert(this.open, 'Condition: nothing is written to a closed session');
    if (this.outAt + bytes > this.out.u8.length) {
      if (this.out !== NO_BYTES) {
        this.#write();
        this.#giveChunk();
      }
      this.out = this.server.takeChunk(bytes);
      this.outAt = 0;
      this.flushedTo = 0;
    }
    if (!this.dirty) {
      this.dirty = true;
      this.server.markDirty(this);
    }
    return this.outAt;
  }

  /** Keeps the first `bytes` of what was reserved. */
  advance(bytes: number): void {
    this.outAt += bytes;
  }

  /** Queues packets that are framed already. */
  sendFramed(source: ByteBuffer, from: number, to: number): void {
    const at = this.reserve(to - from);
    copyMessage(source, from, to, this.out, at);
    this.outAt += to - from;
  }

  /** Queues one packet with a copy of `bytes[from, to)` as its payload. */
  send(type: SoupPacket, bytes: Uint8Array, from = 0, to = bytes.length): void {
    const at = this.reserve(SOUP_HEADER_BYTES + to - from);
    const { u8 } = this.out;
    u8.set(bytes.subarray(from, to), writeSoupHeader(u8, at, type, to - from));
    this.outAt += SOUP_HEADER_BYTES + to - from;
  }

  /** Asks for one `onDrain` of the door when everything written has left. */
  wantDrain(): void {
    this.drainWanted = true;
    this.#awaitDrain();
  }

  /** Called by the server once per turn. */
  flush(): void {
    this.dirty = false;
    if (this.phase === SessionPhase.Closed) return;
    this.#write();
    if (this.out !== NO_BYTES && this.#giveChunk()) this.#forgetChunk();
  }

  /** Goes on with packets that the door answered with `Later`. @returns whether it still waits. */
  resume(): boolean {
    if (!this.open || !this.framer.holding) return false;
    this.#afterFraming(this.framer.resume());
    return this.open && this.framer.holding;
  }

  /**
   * Ends the session: what is queued, then a debug packet that says why, then (with `endOfSession`) End of Session,
   * then FIN. The door's `onClosed` is called at once.
   */
  close(reason: string, endOfSession = false): void {
    if (!this.open) return;
    this.#sendPacket(soupPacket(SoupPacket.Debug, reason));
    // Making room may have shown that the client does not read: then it is cut already.
    if (endOfSession && this.open) this.#sendPacket(soupPacket(SoupPacket.EndOfSession));
    if (this.open) this.#finish(reason);
  }

  onPacket(type: number, bytes: Uint8Array, from: number, to: number): PacketVerdict {
    if (this.phase === SessionPhase.LoggedIn) {
      if (type === SoupPacket.UnsequencedData) {
        const verdict = this.server.door.onMessage(this, bytes, from, to);
        if (verdict === PacketVerdict.Taken) {
          this.ticksHeld = 0;
          this.server.messagesTaken++;
        }
        return verdict;
      }
      if (type === SoupPacket.ClientHeartbeat || type === SoupPacket.Debug) return PacketVerdict.Taken;
      if (type === SoupPacket.LogoutRequest) {
        this.#finish('logout');
        return PacketVerdict.Stop;
      }
      return this.#violation(`packet type ${name(type)} is not one that a logged-in client sends`);
    }
    if (this.phase === SessionPhase.Verifying) return PacketVerdict.Later;
    if (this.phase !== SessionPhase.AwaitingLogin) return PacketVerdict.Stop;
    if (type === SoupPacket.Debug || type === SoupPacket.ClientHeartbeat) return PacketVerdict.Taken;
    if (type !== SoupPacket.LoginRequest) return this.#violation(`packet type ${name(type)} before login`);
    const request = decodeLoginRequest(bytes, from, to);
    if (request === undefined) return this.#violation('malformed login request');
    this.username = request.username;
    this.#enter(SessionPhase.Verifying);
    this.server.verify(this, request);
    return PacketVerdict.Taken;
  }

  /** Called by the server when the password was right and the door agreed. */
  acceptLogin(session: string, nextSequence: number): void {
    assert(this.phase === SessionPhase.Verifying, 'Condition: a login is decided once');
    this.#enter(SessionPhase.LoggedIn);
    this.#sendPacket(encodeLoginAccepted({ session, sequenceNumber: nextSequence }));
  }

  /** Called by the server: debug packet with the reason, Login Rejected, FIN. */
  rejectLogin(code: LoginRejectCode, reason: string): void {
    assert(this.phase === SessionPhase.Verifying, 'Condition: a login is decided once');
    this.#sendPacket(soupPacket(SoupPacket.Debug, reason));
    this.#sendPacket(soupPacket(SoupPacket.LoginRejected, Uint8Array.of(code)));
    this.#finish(`login rejected: ${reason}`);
  }

  /** One beat of the server's timer: heartbeats and every timeout of the session. */
  tick(): void {
    const { limits } = this.server;
    this.ticksInPhase++;
    this.ticksSilent++;
    this.ticksHeld = this.framer.holding ? this.ticksHeld + 1 : 0;
    const takenBytes = bytesTaken(this.socket);
    const moves = this.socket.writableLength === 0 || takenBytes > this.takenBytes;
    this.ticksStalled = moves ? 0 : this.ticksStalled + 1;
    this.takenBytes = takenBytes;
    if (this.phase === SessionPhase.Closing) {
      if (this.ticksInPhase > limits.closingTicksMax) this.socket.destroy();
      return;
    }
    if (this.phase === SessionPhase.AwaitingLogin) {
      if (this.ticksInPhase > limits.loginTicksMax) this.close('no login in time');
      return;
    }
    if (this.phase === SessionPhase.Verifying && this.ticksInPhase > limits.loginTicksMax) {
      this.rejectLogin(LoginRejectCode.SessionNotAvailable, TOO_MANY_LOGINS);
    }
    if (this.phase !== SessionPhase.LoggedIn) return;
    if (this.ticksSilent > limits.silentTicksMax && !this.framer.holding) this.close('no heartbeat in time');
    else if (this.ticksStalled > limits.silentTicksMax) this.cut('slow consumer: it stopped reading');
    else if (this.ticksHeld > limits.heldTicksMax) this.close('the venue takes no messages now');
    else {
      if (!this.wroteSinceTick) this.#sendPacket(SERVER_HEARTBEAT);
      this.wroteSinceTick = false;
    }
  }

  /** Queues a packet that stands alone in memory. */
  #sendPacket(packet: Uint8Array): void {
    const at = this.reserve(packet.length);
    this.out.u8.set(packet, at);
    this.outAt += packet.length;
  }

  #onBytes(bytes: Uint8Array, length: number): void {
    this.ticksSilent = 0;
    if (this.phase >= SessionPhase.Closing) return;
    this.#afterFraming(this.framer.push(bytes, length));
    this.server.flush();
  }

  #afterFraming(fault: FrameFault): void {
    if (fault === FrameFault.ZeroLength) this.#violation('packet of length zero');
    else if (fault === FrameFault.TooLong) {
      this.#violation(`packet longer than ${this.server.limits.payloadBytesMax} bytes of payload`);
    }
    const { strangerBytesMax } = this.server.limits;
    if (this.phase === SessionPhase.AwaitingLogin && this.socket.bytesRead > strangerBytesMax) {
      this.#violation(`more than ${strangerBytesMax} bytes before login`);
    }
    if (!this.open) return;
    if (this.framer.holding) {
      this.socket.pause();
      if (this.phase === SessionPhase.LoggedIn) this.server.retryLater(this);
    } else if (this.socket.isPaused()) this.socket.resume();
  }

  #violation(reason: string): PacketVerdict {
    this.close(`protocol violation: ${reason}`);
    return PacketVerdict.Stop;
  }

  #enter(phase: SessionPhase): void {
    this.phase = phase;
    this.ticksInPhase = 0;
  }

  #write(): void {
    if (this.flushedTo === this.outAt || this.socket.destroyed) return;
    this.socket.write(this.out.u8.subarray(this.flushedTo, this.outAt));
    this.flushedTo = this.outAt;
    this.wroteSinceTick = true;
    if (this.open && this.socket.writableLength > this.server.limits.bufferedBytesMax) {
      this.cut('slow consumer: it did not take what was sent');
    }
  }

  /** Lets others use the chunk, when the kernel has all of it. @returns whether it has */
  #giveChunk(): boolean {
    if (this.socket.writableLength > 0) return false;
    this.server.giveChunk(this.out);
    return true;
  }

  #forgetChunk(): void {
    this.out = NO_BYTES;
    this.outAt = 0;
    this.flushedTo = 0;
  }

  #awaitDrain(): void {
    if (this.isAwaitingWrites || !this.open) return;
    this.isAwaitingWrites = true;
    // Node makes less garbage of a write that has nobody to call. So the usual ones have nobody, and behind them goes one of nothing.
    if (this.socket.writableLength > 0) this.socket.write(NO_BYTES.u8, this.onWritten);
    else setImmediate(this.onWritten);
  }

  #onDrain(): void {
    if (!this.drainWanted || !this.open) return;
    this.drainWanted = false;
    this.server.door.onDrain(this);
    this.server.flush();
  }

  /** Ends politely: flushes, then FIN. */
  #finish(reason: string): void {
    const loggedIn = this.phase === SessionPhase.LoggedIn;
    this.#enter(SessionPhase.Closing);
    this.#write();
    this.socket.end();
    this.socket.resume();
    this.server.closed(this, reason, loggedIn);
  }

  /** Ends at once, what is queued is lost: for a peer that does not read. */
  cut(reason: string): void {
    const loggedIn = this.phase === SessionPhase.LoggedIn;
    this.#enter(SessionPhase.Closing);
    this.socket.destroy();
    this.server.closed(this, reason, loggedIn);
  }

  #over(reason: string): void {
    const { phase } = this;
    if (phase === SessionPhase.Closed) return;
    if (this.open) this.cut(reason);
    if (!this.socket.destroyed) return;
    this.phase = SessionPhase.Closed;
    this.#forgetChunk();
    this.server.forget(this);
  }
}

const NO_BYTES = new ByteBuffer(0);
const SERVER_HEARTBEAT = soupPacket(SoupPacket.ServerHeartbeat);

/**
 * Bytes of a socket that the operating system has taken. In public Node counts a write, which may be megabytes, when
 * it is complete; its handle, which its own socket timeouts go by, knows how much of it is still to go.
 */
function bytesTaken(socket: Socket): number {
  const { _handle: handle } = socket as unknown as {
    _handle: { bytesWritten: number; writeQueueSize: number } | null;
  };
  return handle === null ? 0 : handle.bytesWritten - handle.writeQueueSize;
}

/** A packet type as a log shows it. */
function name(type: number): string {
  return type > 0x20 && type < 0x7f
    ? `'${String.fromCharCode(type)}'`
    : `0x${type.toString(16).padStart(2, '0')}`;
}
