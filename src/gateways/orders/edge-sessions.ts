import { CloseSession, CommandType, OpenSession } from '#domain/commands.ts';
import { byteAt } from '#domain/layout.ts';
import type { CommandSink, SessionNames } from '#domain/ports.ts';

const OPEN_NODE = byteAt(OpenSession, 'nodeId');
const CLOSE_NODE = byteAt(CloseSession, 'nodeId');
const CANCEL_ON_DISCONNECT = byteAt(OpenSession, 'cancelOnDisconnect');
const RETRY_MS = 1;

interface Closing {
  readonly userId: number;
  readonly sessionId: number;
}

/** Tells the log of the sessions of the edge's doors: who is there, and whose orders go when they are not. */
export class EdgeSessions {
  declare private readonly sink: CommandSink;
  declare private readonly names: SessionNames;
  /** Sessions that ended and whose CloseSession is still to be sent. */
  declare private readonly owed: Closing[];
  declare private timer: NodeJS.Timeout | undefined;

  constructor(sink: CommandSink, names: SessionNames) {
    this.sink = sink;
    this.names = names;
    this.owed = [];
    this.timer = undefined;
  }

  /** Opens a session; 0: the venue takes no commands now. */
  open(userId: number, cancelOnDisconnect: boolean): number {
    const sessionId = this.names.nextSessionId();
    const at = this.#reserve(CommandType.OpenSession, OpenSession.words, userId);
    if (at === -1) return 0;
    const { i32, u8 } = this.sink.words;
    i32[at + OpenSession.at.sessionId] = sessionId;
    this.#writeNode(u8, at * 4 + OPEN_NODE);
    u8[at * 4 + CANCEL_ON_DISCONNECT] = cancelOnDisconnect ? 1 : 0;
    return sessionId;
  }

  /** Closes a session; tries again while the venue takes no commands. */
  close(userId: number, sessionId: number): void {
    this.owed.push({ userId, sessionId });
    this.#pay();
  }

  /** Sends what is owed as far as there is room, and tries no more. */
  stop(): void {
    this.#pay();
    clearTimeout(this.timer);
  }

  #pay(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.owed.length > 0) {
      const { userId, sessionId } = this.owed[0];
      const at = this.#reserve(CommandType.CloseSession, CloseSession.words, userId);
      if (at === -1) {
        this.timer = setTimeout(() => this.#pay(), RETRY_MS);
        return;
      }
      const { i32, u8 } = this.sink.words;
      i32[at + CloseSession.at.sessionId] = sessionId;
      this.#writeNode(u8, at * 4 + CLOSE_NODE);
      this.owed.shift();
    }
  }

  #writeNode(bytes: Uint8Array, at: number): void {
    bytes[at] = this.names.nodeId & 255;
    bytes[at + 1] = this.names.nodeId >>> 8;
  }

  #reserve(type: CommandType, words: number, userId: number): number {
    const at = this.sink.reserve(words);
    if (at === -1) return -1;
    const { i32 } = this.sink.words;
    i32[at] = type | (words << 16);
    i32[at + 1] = userId;
    return at;
  }
}
