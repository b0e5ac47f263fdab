import { CloseSession, CommandType, OpenSession } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionOpened } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import type { CommandSink, FollowingSink, SessionNames } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const OPEN_NODE = byteAt(OpenSession, 'nodeId');
const CLOSE_NODE = byteAt(CloseSession, 'nodeId');
const CANCEL_ON_DISCONNECT = byteAt(OpenSession, 'cancelOnDisconnect');
const RETRY_MS = 1;

const NODE_MASK = 0xffff;

interface Closing {
  readonly userId: number;
  readonly sessionId: number;
}

/** A session that the log has not opened yet. */
interface Opening {
  readonly userId: number;
  readonly cancelOnDisconnect: boolean;
  readonly opened: PromiseWithResolvers<void>;
}

/** Tells the log of the sessions of the edge's doors: who is there, and whose orders go when they are not. */
export class EdgeSessions implements FollowingSink {
  declare private readonly sink: CommandSink;
  declare private readonly names: SessionNames;
  /** By sessionId. */
  declare private readonly opening: Map<number, Opening>;
  /** By sessionId: whom to tell that a session was ended by another node. */
  declare private readonly live: Map<number, () => void>;
  /** Sessions that ended and whose CloseSession is still to be sent. */
  declare private readonly owed: Closing[];
  declare private timer: NodeJS.Timeout | undefined;

  constructor(sink: CommandSink, names: SessionNames) {
    this.sink = sink;
    this.names = names;
    this.opening = new Map();
    this.live = new Map();
    this.owed = [];
    this.timer = undefined;
  }

  /**
   * Opens a session; 0: the venue takes no commands now.
   * @param onEnded called when another node has ended it, to which this one was silent: its orders are canceled, if they were to be
   */
  open(userId: number, cancelOnDisconnect: boolean, onEnded: () => void): number {
    const sessionId = this.names.nextSessionId();
    if (!this.#send(sessionId, userId, cancelOnDisconnect)) return 0;
    this.opening.set(sessionId, { userId, cancelOnDisconnect, opened: Promise.withResolvers() });
    this.live.set(sessionId, onEnded);
    return sessionId;
  }

  /** Resolves when this node knows everything that the log had before the session's opening; never, when that was refused. */
  opened(sessionId: number): Promise<void> {
    return this.opening.get(sessionId)?.opened.promise ?? Promise.resolve();
  }

  #send(sessionId: number, userId: number, cancelOnDisconnect: boolean): boolean {
    const at = this.#reserve(CommandType.OpenSession, OpenSession.words, userId);
    if (at === -1) return false;
    const { i32, u8 } = this.sink.words;
    i32[at + OpenSession.at.sessionId] = sessionId;
    this.#writeNode(u8, at * 4 + OPEN_NODE);
    u8[at * 4 + CANCEL_ON_DISCONNECT] = cancelOnDisconnect ? 1 : 0;
    return true;
  }

  onEvents({ i32 }: WordBuffer, from: number, to: number): void {
    if (this.live.size === 0) return;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 0xff;
      if (type === EventType.SessionOpened) this.#onOpened(i32, at);
      else if (type === EventType.SessionClosed) this.#onClosed(i32, at);
    }
  }

  #onOpened(i32: Int32Array, at: number): void {
    if ((i32[at + SessionOpened.at.nodeId] & NODE_MASK) !== this.names.nodeId) return;
    const sessionId = i32[at + SessionOpened.at.sessionId] >>> 0;
    this.opening.get(sessionId)?.opened.resolve();
    this.opening.delete(sessionId);
  }

  /** Doors end a session before they say so to the log: one that goes on was ended by another node. */
  #onClosed(i32: Int32Array, at: number): void {
    if ((i32[at + SessionClosed.at.nodeId] & NODE_MASK) !== this.names.nodeId) return;
    this.live.get(i32[at + SessionClosed.at.sessionId] >>> 0)?.();
  }

  onRestart(): void {}

  /** Events were lost, perhaps those that are awaited: asking again opens nothing twice. */
  onImage(): void {
    for (const [sessionId, { userId, cancelOnDisconnect }] of this.opening) {
      this.#send(sessionId, userId, cancelOnDisconnect);
    }
  }

  /** Closes a session; tries again while the venue takes no commands. */
  close(userId: number, sessionId: number): void {
    this.opening.delete(sessionId);
    this.live.delete(sessionId);
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
