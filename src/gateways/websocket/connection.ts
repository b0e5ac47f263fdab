import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CloseReason } from './close-codes.ts';
import type { WebSocketLimits } from './limits.ts';
import type { MessageTurns, TurnTaker } from './message-turns.ts';
import { SharedMessage } from './shared-message.ts';

/** The code of a connection that ended without a Close frame (RFC 6455, section 7.1.5). */
const NO_CLOSE_FRAME = 1006;

/** What a connection tells its owner. */
export interface ConnectionListener {
  onText(text: string): void;
  /** The client reads too slowly: the connection ends. */
  onSlow(): void;
  /** What was held back may be sent now. */
  onDrain(): void;
  /** Called once, with the reason for the log. */
  onClose(reason: string): void;
}

/**
 * One client. What it has not read yet waits in memory up to a bound: public data is held back before, and a client that is
 * still too slow is let go.
 */
export class Connection implements TurnTaker {
  declare readonly address: string | undefined;
  declare private readonly ws: WebSocket;
  declare private readonly socket: Duplex;
  declare private readonly limits: WebSocketLimits;
  declare private readonly turns: MessageTurns;
  /** Messages that wait for their turn, the oldest first. */
  declare private readonly inbox: Buffer[];
  declare private inboxBytes: number;
  declare private listener: ConnectionListener | undefined;
  /** More than may be waits to be compressed, of which the socket knows nothing. */
  declare private isBehind: boolean;
  /** For those who wait until the client has read what it got. */
  declare private reading: PromiseWithResolvers<void> | undefined;
  /** Something came since the last ping. */
  declare private isAlive: boolean;
  declare private pingedMs: number;
  /** Pings and pongs since the last sweep. */
  declare private controlFrames: number;
  /** When the connection was told to end; 0 not yet. */
  declare private closedMs: number;
  /** Why the connection ends, where that is not the client's will; empty: nothing was noticed. */
  declare private endReason: string;

  /** @param socket below `ws`: whole frames are written to it between those of `ws` */
  constructor(
    ws: WebSocket,
    socket: Duplex,
    address: string | undefined,
    limits: WebSocketLimits,
    turns: MessageTurns,
    nowMs: number,
  ) {
    this.ws = ws;
    this.socket = socket;
    this.address = address;
    this.limits = limits;
    this.turns = turns;
    this.inbox = [];
    this.inboxBytes = 0;
    this.listener = undefined;
    this.isBehind = false;
    this.reading = undefined;
    this.isAlive = true;
    this.pingedMs = nowMs;
    this.controlFrames = 0;
    this.closedMs = 0;
    this.endReason = '';
  }

  /** Begins to hear the client. */
  listen(listener: ConnectionListener): void {
    const { ws } = this;
    this.listener = listener;
    ws.on('message', (data: Buffer, isBinary) => {
      this.isAlive = true;
      if (!this.isOpen) return;
      if (isBinary) this.close(CloseReason.Binary);
      else if (this.turns.mayTake()) listener.onText(data.toString());
      else this.#keep(data);
    });
    ws.on('ping', (data: Buffer) => this.#onPing(data));
    ws.on('pong', () => this.#takesControlFrame());
    // What ws refuses has its code in the Close frame; what the network does needs no word to the client.
    ws.on('error', ({ message }) => this.#endsBecause(message));
    ws.once('close', (code) => {
      // It came before the client went, and may be a cancel.
      while (this.takeNext());
      this.#endWait();
      this.#endsBecause(
        code === NO_CLOSE_FRAME ? 'the connection broke' : `closed by the client, with code ${code}`,
      );
      listener.onClose(this.endReason);
    });
    this.socket.on('drain', () => this.#onDrain());
  }

  /** Keeps a message until it is this connection's turn; one too many has it take another at once. What is not in memory yet stays in the socket. */
  #keep(data: Buffer): void {
    const { inbox, limits } = this;
    this.inboxBytes += data.length;
    if (inbox.push(data) === 1) this.turns.add(this);
    else if (inbox.length > limits.INBOX_MAX) this.takeNext();
    if (this.inboxBytes >= limits.INBOX_READ_BYTES) this.ws.pause();
  }

  takeNext(): boolean {
    const { inbox, ws } = this;
    const data = inbox.shift();
    if (data === undefined) return false;
    this.isAlive = true;
    this.inboxBytes -= data.length;
    if (ws.isPaused && this.inboxBytes < this.limits.INBOX_READ_BYTES) ws.resume();
    this.listener?.onText(data.toString());
    return inbox.length > 0;
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Whether public data is to be held back: the client has not read what it got. It ends with `onDrain`. */
  get isCongested(): boolean {
    const mayWait = this.socket.writableNeedDrain || this.isBehind;
    return mayWait && this.ws.bufferedAmount > this.limits.HELD_BACK_BYTES;
  }

  /** Resolves when the client has read what it got, or is gone; undefined: little waits. */
  whenReading(): Promise<void> | undefined {
    if (!this.isOpen || !this.isCongested) return undefined;
    this.reading ??= Promise.withResolvers();
    return this.reading.promise;
  }

  /** Sends what this client alone gets; ends the connection when too much waits already. */
  send(text: string): void {
    this.sendShared(new SharedMessage(text));
    this.#checkPace();
  }

  /** Sends what many get. */
  sendShared(message: SharedMessage): void {
    if (!this.isOpen) return;
    // A client that negotiated compression has a state of its own.
    if (this.ws.extensions === '') this.socket.write(message.frame);
    else {
      this.ws.send(message.payload, { binary: false }, () => this.#onCompressed());
      if (this.ws.bufferedAmount > this.limits.HELD_BACK_BYTES) this.isBehind = true;
    }
  }

  #onCompressed(): void {
    if (!this.isBehind || this.isCongested) return;
    this.isBehind = false;
    this.#onDrain();
  }

  /** Ends the connection and tells the client why. */
  close({ code, text }: CloseReason): void {
    if (!this.isOpen) return;
    this.closedMs = performance.now();
    this.#endsBecause(text);
    this.inbox.length = 0;
    this.inboxBytes = 0;
    // The client's goodbye is read.
    this.ws.resume();
    this.ws.close(code, text);
  }

  /** Looks after a connection: pings it, and ends it when it does not answer. To be called now and then. */
  sweep(nowMs: number): void {
    this.controlFrames = 0;
    if (this.closedMs > 0 && nowMs - this.closedMs >= this.limits.CLOSE_MS_MAX) {
      this.ws.terminate();
      return;
    }
    if (!this.isOpen || nowMs - this.pingedMs < this.limits.PING_MS) return;
    if (!this.isAlive) {
      this.#endsBecause('no answer to a ping');
      this.ws.terminate();
      return;
    }
    this.isAlive = false;
    this.pingedMs = nowMs;
    this.ws.ping();
  }

  /** The first reason is the one: others follow from it. */
  #endsBecause(reason: string): void {
    if (this.endReason === '') this.endReason = reason;
  }

  #onDrain(): void {
    this.#endWait();
    this.listener?.onDrain();
  }

  #endWait(): void {
    this.reading?.resolve();
    this.reading = undefined;
  }

  #checkPace(): void {
    if (!this.isOpen || this.ws.bufferedAmount <= this.limits.BUFFERED_BYTES_MAX) return;
    this.listener?.onSlow();
    this.close(CloseReason.Slow);
  }

  /** Counts a ping or a pong, which no rate limit counts. Who floods with them is told so, and not read any more. */
  #takesControlFrame(): boolean {
    this.isAlive = true;
    if (!this.isOpen) return false;
    if (++this.controlFrames <= this.limits.CONTROL_FRAMES_PER_SWEEP_MAX) return true;
    this.close(CloseReason.TooMany);
    this.ws.pause();
    return false;
  }

  #onPing(data: Buffer): void {
    if (!this.#takesControlFrame()) return;
    this.ws.pong(data);
    this.#checkPace();
  }
}
