import type { Socket } from 'node:net';
import { decodeItch, ItchDecode } from '#codec/itch/itch-decoder.ts';
import { alphaText, ItchCode, ItchMessage, ItchType } from '#codec/itch/itch-messages.ts';
import { FrameFault, PacketVerdict, SoupFramer } from '#codec/soupbin/framer.ts';
import {
  decodeLoginAccepted,
  encodeLoginRequest,
  type LoginRequest,
  SoupPacket,
  soupPacket,
} from '#codec/soupbin/packets.ts';
import { connectSocket, type SoupClientOptions } from '#gateways/soupbin/client.ts';
import { latin1Of } from '#lib/latin1.ts';

/** Longest payload that a client takes: ITCH messages are short, debug text is not longer than this. */
const PAYLOAD_BYTES_MAX = 4_096;
const HEARTBEAT_MS = 1_000;
/** Heartbeats that the server may miss, and how long it may take to answer the login. */
const SILENT_BEATS_MAX = 15;
const LOGIN_TIMEOUT_MS = 5_000;

/** The messages do not fit together: an unknown order, or more taken from one than it had. */
export class ItchBookError extends Error {
  override readonly name = 'ItchBookError';
  readonly code = 'ITCH_BOOK';
}

interface BuilderOrder {
  readonly stockLocate: number;
  readonly side: number;
  readonly price: number;
  shares: number;
}

/** One order of a side of a book, in wire units. */
export interface BookRow {
  readonly reference: number;
  readonly price: number;
  readonly shares: number;
}

/**
 * A book built from nothing but ITCH messages, written for clarity and independent of the feed's own book. Levels
 * are maps in insertion order, which is priority order: ITCH adds behind and takes in place.
 */
export class ItchBookBuilder {
  declare private readonly _orders: Map<number, BuilderOrder>;
  /** By stock locate, side and price: the references in priority order. */
  declare private readonly levels: Map<string, Set<number>>;
  declare private readonly _symbols: Map<number, string>;
  declare private readonly _states: Map<number, string>;
  /** Shares printed by E, printable C, P and Q, by stock locate; B takes none of them back. */
  declare readonly volumes: Map<number, number>;
  /** From End of Snapshot: the live sequence number to go on with; 0 before. */
  declare nextSequence: number;

  constructor() {
    this._orders = new Map();
    this.levels = new Map();
    this._symbols = new Map();
    this._states = new Map();
    this.volumes = new Map();
    this.nextSequence = 0;
  }

  get orders(): number {
    return this._orders.size;
  }

  /** Symbols by stock locate, as the directory gave them. */
  get symbols(): ReadonlyMap<number, string> {
    return this._symbols;
  }

  /** Trading state and reason by stock locate: `T`, `Q LUDP`, `H CLSD`. */
  get states(): ReadonlyMap<number, string> {
    return this._states;
  }

  /** One side of a book, best price first, in priority order. */
  side(stockLocate: number, side: 'B' | 'S'): BookRow[] {
    const prefix = `${stockLocate} ${side} `;
    const prices = [...this.levels.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => Number(key.slice(prefix.length)))
      .sort((a, b) => (side === 'B' ? b - a : a - b));
    return prices.flatMap((price) =>
      [...this.levels.get(prefix + price)!].map((reference) => ({
        reference,
        price,
        shares: this._orders.get(reference)!.shares,
      })),
    );
  }

  /** Applies the next message of the stream. @throws ItchBookError */
  apply(message: ItchMessage): void {
    switch (message.type) {
      case ItchType.StockDirectory:
        this._symbols.set(message.stockLocate, alphaText(message.stockHigh, message.stockLow));
        return;
      case ItchType.TradingAction: {
        const state = `${String.fromCharCode(message.tradingState)} ${alphaText(message.reason)}`;
        this._states.set(message.stockLocate, state.trim());
        return;
      }
      case ItchType.AddOrder:
      case ItchType.AddOrderAttributed:
        this.#add(message.orderReference, message.stockLocate, message.side, message.price, message.shares);
        return;
      case ItchType.OrderExecuted:
        this.#take(message.orderReference, message.shares);
        this.#print(message);
        return;
      case ItchType.OrderExecutedWithPrice:
        this.#take(message.orderReference, message.shares);
        if (message.printable === ItchCode.Yes) this.#print(message);
        return;
      case ItchType.OrderCancel:
        this.#take(message.orderReference, message.shares);
        return;
      case ItchType.OrderDelete:
        this.#take(message.orderReference, this.#order(message.orderReference).shares);
        return;
      case ItchType.OrderReplace: {
        const order = this.#order(message.orderReference);
        this.#take(message.orderReference, order.shares);
        this.#add(message.newOrderReference, order.stockLocate, order.side, message.price, message.shares);
        return;
      }
      case ItchType.Trade:
      case ItchType.CrossTrade:
        this.#print(message);
        return;
      case ItchType.EndOfSnapshot:
        this.nextSequence = message.nextSequence;
        return;
    }
  }

  #order(reference: number): BuilderOrder {
    const order = this._orders.get(reference);
    if (order === undefined) throw new ItchBookError(`order ${reference} is not in the book`);
    return order;
  }

  #add(reference: number, stockLocate: number, side: number, price: number, shares: number): void {
    if (this._orders.has(reference)) throw new ItchBookError(`order ${reference} is in the book already`);
    if (shares === 0) throw new ItchBookError(`order ${reference} is added with no shares`);
    const order = { stockLocate, side, price, shares };
    this._orders.set(reference, order);
    const key = levelKey(order);
    const level = this.levels.get(key);
    if (level === undefined) this.levels.set(key, new Set([reference]));
    else level.add(reference);
  }

  #take(reference: number, shares: number): void {
    const order = this.#order(reference);
    if (shares > order.shares) {
      throw new ItchBookError(`order ${reference} has ${order.shares} shares, ${shares} are taken`);
    }
    order.shares -= shares;
    if (order.shares > 0) return;
    this._orders.delete(reference);
    const key = levelKey(order);
    const level = this.levels.get(key)!;
    level.delete(reference);
    if (level.size === 0) this.levels.delete(key);
  }

  #print(message: ItchMessage): void {
    if (message.shares === 0) return;
    this.volumes.set(message.stockLocate, (this.volumes.get(message.stockLocate) ?? 0) + message.shares);
  }
}

function levelKey(order: BuilderOrder): string {
  return `${order.stockLocate} ${String.fromCharCode(order.side)} ${order.price}`;
}

/** What an ItchClient tells its owner. */
export interface ItchClientHandler {
  onLogin?(session: string, nextSequence: number): void;
  /** The message is reused: copy what you keep. */
  onMessage(message: ItchMessage, sequence: number): void;
  /** The connection is over; `reason` is the server's last word where it gave one. */
  onEnd(reason: string): void;
}

/**
 * A market-data client: logs in over SoupBinTCP, counts sequence numbers, decodes. After a disconnect, connect anew
 * with `session` and `nextSequence` to lose nothing.
 */
export class ItchClient {
  /** The session that the server named; empty before login. */
  declare session: string;
  /** Number of the next message. */
  declare nextSequence: number;
  declare private readonly handler: ItchClientHandler;
  declare private readonly socket: Socket;
  declare private readonly framer: SoupFramer;
  declare private readonly message: ItchMessage;
  declare private readonly heartbeat: NodeJS.Timeout;
  declare private readonly loginTimeout: NodeJS.Timeout;
  declare private silentBeats: number;
  declare private reason: string;

  constructor(
    address: Pick<SoupClientOptions, 'host' | 'port' | 'tls'>,
    login: LoginRequest,
    handler: ItchClientHandler,
    loginTimeoutMs = LOGIN_TIMEOUT_MS,
  ) {
    this.session = '';
    this.nextSequence = 0;
    this.handler = handler;
    this.message = new ItchMessage();
    this.silentBeats = 0;
    this.reason = 'the server closed the connection';
    this.framer = new SoupFramer(this, PAYLOAD_BYTES_MAX);
    this.socket = connectSocket(address);
    this.socket.write(encodeLoginRequest(login));
    this.socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.socket.on('error', (error) => {
      this.reason = error.message;
    });
    this.socket.on('close', () => {
      clearInterval(this.heartbeat);
      clearTimeout(this.loginTimeout);
      this.handler.onEnd(this.reason);
    });
    this.heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.loginTimeout = setTimeout(() => this.#stop('the login was not answered in time'), loginTimeoutMs);
  }

  /** Logs out and closes. */
  close(): void {
    this.reason = 'closed by this client';
    this.socket.end(soupPacket(SoupPacket.LogoutRequest));
  }

  /** Stops and goes on reading, as a slow consumer does. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  onPacket(type: number, bytes: Uint8Array, from: number, to: number): PacketVerdict {
    switch (type) {
      case SoupPacket.SequencedData: {
        const result = decodeItch(bytes, from, to - from, this.message);
        if (result === ItchDecode.WrongLength || result === ItchDecode.OutOfRange) {
          return this.#stop(`message ${this.nextSequence} is not ITCH 5.0`);
        }
        const sequence = this.nextSequence++;
        if (result === ItchDecode.Ok) this.handler.onMessage(this.message, sequence);
        return PacketVerdict.Taken;
      }
      case SoupPacket.LoginAccepted: {
        const accepted = decodeLoginAccepted(bytes, from, to);
        if (accepted === undefined) return this.#stop('malformed Login Accepted');
        clearTimeout(this.loginTimeout);
        this.session = accepted.session;
        this.nextSequence = accepted.sequenceNumber;
        this.handler.onLogin?.(this.session, this.nextSequence);
        return PacketVerdict.Taken;
      }
      case SoupPacket.Debug:
        this.reason = latin1Of(bytes, from, to);
        return PacketVerdict.Taken;
      default:
        return PacketVerdict.Taken;
    }
  }

  #beat(): void {
    // A client that does not read cannot tell whether the server is silent.
    if (this.socket.isPaused()) this.silentBeats = 0;
    if (++this.silentBeats > SILENT_BEATS_MAX) this.#stop('no heartbeat of the server in time');
    else if (this.socket.writable) this.socket.write(soupPacket(SoupPacket.ClientHeartbeat));
  }

  #onData(chunk: Buffer): void {
    this.silentBeats = 0;
    if (this.framer.push(chunk) !== FrameFault.None) this.#stop('the server does not speak SoupBinTCP');
  }

  #stop(reason: string): PacketVerdict {
    this.reason = reason;
    this.socket.destroy();
    return PacketVerdict.Stop;
  }
}
