import type { AddressInfo } from 'node:net';
import { PacketVerdict } from '#codec/soupbin/framer.ts';
import {
  LoginRejectCode,
  type LoginRequest,
  SOUP_HEADER_BYTES,
  SoupPacket,
  writeSoupHeader,
} from '#codec/soupbin/packets.ts';
import type { Credentials } from '#gateways/identity/password.ts';
import type { GatewayLogger } from '#gateways/soupbin/logger.ts';
import {
  type LoginAnswer,
  type SoupDoor,
  SoupServer,
  type SoupServerOptions,
} from '#gateways/soupbin/server.ts';
import type { SoupSession } from '#gateways/soupbin/session.ts';
import { AssertionError, assert } from '#lib/assert.ts';
import { failureLines, type WriteLine } from '#lib/line-budget.ts';
import type { ItchSource, ItchStream } from './itch-source.ts';

/** Bytes read from a stream at once: with SoupBinTCP's type bytes they fit one outgoing buffer. */
const READ_BYTES = 32 * 1024;
/** Bytes in a socket from which a reader waits until all of them have left. */
const BUFFERED_BYTES_MAX = 64 * 1024;
/** Length field of a frame. */
const FRAME_HEADER_BYTES = 2;

export interface ItchServerOptions extends SoupServerOptions {
  /** Names the door in logs: `itch` or `glimpse`. */
  readonly name: string;
  /** Who may log in, by name in upper case; undefined: no such user. */
  readonly credentials: (username: string) => Credentials | undefined;
  /** Whether a blank name with a blank password may log in too. */
  readonly allowAnonymous: boolean;
}

/** Where one client is in its stream. */
interface Reader {
  readonly stream: ItchStream;
  /** Number of the next message to send, and where its frame begins. */
  sequence: number;
  offset: number;
  /** Waits until the socket is empty. */
  draining: boolean;
}

/**
 * Market data over SoupBinTCP: a login names the session and the first message wanted, and gets everything from there
 * on. Each client is a place in a stream: what it has not read yet stays in the stream's file, so a late joiner and a
 * slow consumer cost at most one socket buffer. A client that reads nothing for the server's stall time is dropped and
 * comes back with its next sequence number. A stream that ended is sent to its end, then End of Session.
 */
export class ItchServer implements SoupDoor<Reader> {
  declare readonly name: string;
  declare private readonly source: ItchSource;
  declare private readonly options: ItchServerOptions;
  declare private readonly failure: WriteLine;
  declare private readonly server: SoupServer<Reader>;
  declare private readonly readers: Set<SoupSession<Reader>>;
  declare private readonly chunk: Uint8Array;
  declare private unsubscribe: () => void;
  declare private pumpQueued: boolean;

  constructor(source: ItchSource, options: ItchServerOptions, logger: GatewayLogger) {
    this.name = options.name;
    this.source = source;
    this.options = options;
    this.failure = failureLines((fields, message) => logger.warn(fields, message));
    this.server = new SoupServer(this, options, logger);
    this.readers = new Set();
    this.chunk = new Uint8Array(READ_BYTES);
    this.unsubscribe = () => {};
    this.pumpQueued = false;
  }

  /** Clients that are logged in. */
  get clients(): number {
    return this.readers.size;
  }

  /** Logins that were refused: wrong ones, and those of which there were too many. */
  get refusals(): { readonly failures: number; readonly limited: number } {
    return { failures: this.server.loginFailures, limited: this.server.loginsLimited };
  }

  /** The SoupBinTCP server below, for its timer in tests and its figures. */
  get soup(): SoupServer<Reader> {
    return this.server;
  }

  /** Starts listening; resolves with the address. @throws Error of node:net (EADDRINUSE, EACCES). */
  async listen(): Promise<AddressInfo> {
    const address = await this.server.listen();
    this.unsubscribe = this.source.subscribe(() => this.#queuePump());
    return address;
  }

  /**
   * Sends what clients take at once of what there is, ends every client's session with the reason and stops listening. Who has not got
   * everything gets no End of Session.
   */
  async close(reason: string): Promise<void> {
    this.unsubscribe();
    for (const session of this.readers) {
      this.#pump(session, reason);
      const { sequence, stream } = session.state!;
      session.close(reason, sequence > stream.readableSequence);
    }
    await this.server.close(reason);
  }

  /** SoupBinTCP compares user names without regard to case; the venue's are upper case. */
  credentials(username: string): Credentials | undefined {
    return this.options.credentials(username.toUpperCase());
  }

  /** Without a check, which is slow on purpose: when a session ends, every client comes back at once. */
  isForAnybody({ username, password }: LoginRequest): boolean {
    return this.options.allowAnonymous && username === '' && password === '';
  }

  onLogin(session: SoupSession<Reader>, request: LoginRequest): LoginAnswer {
    const stream = this.source.open();
    if (typeof stream === 'string') return refused(`no session: ${stream}`);
    if (request.session !== '' && request.session !== stream.session) {
      return refused(`session ${request.session} is over; the current one is ${stream.session}`);
    }
    const next = stream.readableSequence + 1;
    if (request.sequenceNumber > next) {
      return refused(`message ${request.sequenceNumber} is not there yet; the next is ${next}`);
    }
    const sequence = request.sequenceNumber === 0 ? this.#newest(stream) : request.sequenceNumber;
    const offset = this.#reading(() => stream.offsetOf(sequence));
    if (offset === undefined) return refused('the feed cannot be read');
    stream.retain();
    session.state = { stream, sequence, offset, draining: false };
    return { accepted: true, session: stream.session, nextSequence: sequence };
  }

  onLoggedIn(session: SoupSession<Reader>): void {
    this.readers.add(session);
    this.#pump(session);
  }

  /** Market-data clients have nothing to say. */
  onMessage(session: SoupSession<Reader>): PacketVerdict {
    session.close('protocol violation: this door takes no messages');
    return PacketVerdict.Stop;
  }

  onDrain(session: SoupSession<Reader>): void {
    session.state!.draining = false;
    this.#pump(session);
  }

  onClosed(session: SoupSession<Reader>): void {
    this.readers.delete(session);
    session.state!.stream.release();
  }

  /** Sequence 0 asks for what comes from now on; a snapshot, and a stream that is complete, is sent whole. */
  #newest(stream: ItchStream): number {
    return stream.isSnapshot || stream.ended ? 1 : stream.readableSequence + 1;
  }

  /** Messages of one turn leave together. */
  #queuePump(): void {
    if (this.pumpQueued) return;
    this.pumpQueued = true;
    setImmediate(() => {
      this.pumpQueued = false;
      for (const session of this.readers) if (!session.state!.draining) this.#pump(session);
      this.server.flush();
    });
  }

  /**
   * Sends what there is, as far as the socket takes it.
   * @param endReason why the session is over, once it has everything
   */
  #pump(session: SoupSession<Reader>, endReason = 'the session is complete'): void {
    const reader = session.state!;
    while (session.open && reader.sequence <= reader.stream.readableSequence) {
      if (session.bufferedBytes >= BUFFERED_BYTES_MAX) {
        reader.draining = true;
        session.wantDrain();
        return;
      }
      const bytes = this.#reading(() => reader.stream.readAt(reader.offset, this.chunk));
      if (bytes === undefined) {
        session.close('the feed cannot be read: log in again');
        return;
      }
      this.#send(session, reader, bytes);
    }
    if (session.open && reader.stream.ended) session.close(endReason, true);
  }

  /** Sends the whole frames among the first `bytes` of the chunk as Sequenced Data. */
  #send(session: SoupSession<Reader>, reader: Reader, bytes: number): void {
    const chunk = this.chunk;
    let at = 0;
    let frames = 0;
    while (at + FRAME_HEADER_BYTES <= bytes && reader.sequence + frames <= reader.stream.readableSequence) {
      const end = at + FRAME_HEADER_BYTES + ((chunk[at] << 8) | chunk[at + 1]);
      if (end > bytes) break;
      at = end;
      frames++;
    }
    assert(frames > 0, 'Invariant: a chunk holds at least one message');
    const packetBytes = at + frames * (SOUP_HEADER_BYTES - FRAME_HEADER_BYTES);
    let outAt = session.reserve(packetBytes);
    const out = session.out.u8;
    for (let frame = 0; frame < at; ) {
      const length = (chunk[frame] << 8) | chunk[frame + 1];
      outAt = writeSoupHeader(out, outAt, SoupPacket.SequencedData, length);
      const end = frame + FRAME_HEADER_BYTES + length;
      for (let from = frame + FRAME_HEADER_BYTES; from < end; from++) out[outAt++] = chunk[from];
      frame = end;
    }
    session.advance(packetBytes);
    reader.offset += at;
    reader.sequence += frames;
  }

  /** Runs `read`; undefined when the storage failed, which is logged. */
  #reading(read: () => number): number | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      this.failure({ door: this.name, error }, 'market data cannot be read');
      return undefined;
    }
  }
}

function refused(reason: string): LoginAnswer {
  return { accepted: false, code: LoginRejectCode.SessionNotAvailable, reason };
}
