import { CloseSession, CommandType, type Door, OpenSession } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionEnded, SessionOpened } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import type { CommandSink, FollowingSink, SessionNames } from '#domain/ports.ts';
import { paddedTextOf } from '#lib/latin1.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const OPEN_NODE = byteAt(OpenSession, 'nodeId');
const CLOSE_NODE = byteAt(CloseSession, 'nodeId');
const CANCEL_ON_DISCONNECT = byteAt(OpenSession, 'cancelOnDisconnect');
const DOOR = byteAt(OpenSession, 'door');
const MOTIVE = byteAt(SessionEnded, 'motive');
const MOTIVE_BYTES = 64;
const RETRY_MS = 1;

const NODE_MASK = 0xffff;

interface Closing {
  readonly userId: number;
  readonly sessionId: number;
}

/** A session of a connection that stands. */
interface OpenEdgeSession {
  readonly userId: number;
  readonly door: Door | 0;
  readonly cancelOnDisconnect: boolean;
  /** Resolves when the log has opened it. */
  readonly opened: PromiseWithResolvers<void>;
  readonly onEnded: (reason: string | undefined) => void;
}

/** Why a session of a connection was ended by the venue, as the client is told. */
export function endedReason(words: WordBuffer, at: number): string {
  const start = at * 4 + MOTIVE;
  const motive = paddedTextOf(words.u8, start, start + MOTIVE_BYTES);
  return motive === '' ? 'the venue ended the session' : `the venue ended the session: ${motive}`;
}

/** Tells the log of the sessions of the edge's doors: who is there, and whose orders go when they are not. */
export class EdgeSessions implements FollowingSink {
  declare private readonly sink: CommandSink;
  declare private readonly names: SessionNames;
  /** By sessionId. */
  declare private readonly standing: Map<number, OpenEdgeSession>;
  /** Those of them that the log has not opened yet. */
  declare private readonly opening: Set<number>;
  /** Sessions that ended and whose CloseSession is still to be sent. */
  declare private readonly owed: Closing[];
  declare private timer: NodeJS.Timeout | undefined;

  constructor(sink: CommandSink, names: SessionNames) {
    this.sink = sink;
    this.names = names;
    this.standing = new Map();
    this.opening = new Set();
    this.owed = [];
    this.timer = undefined;
  }

  /**
   * Opens a session; 0: the venue takes no commands now.
   * @param door 0: of none, a part of the node itself
   * @param onEnded called when the venue has ended it: with the reason by staff, without by another node, to which this one was
   * silent. Its orders are canceled, if they were to be
   */
  open(
    userId: number,
    door: Door | 0,
    cancelOnDisconnect: boolean,
    onEnded: (reason: string | undefined) => void,
  ): number {
    const sessionId = this.names.nextSessionId();
    const session = { userId, door, cancelOnDisconnect, onEnded, opened: Promise.withResolvers<void>() };
    if (!this.#send(sessionId, session)) return 0;
    this.standing.set(sessionId, session);
    this.opening.add(sessionId);
    return sessionId;
  }

  /** Resolves when this node knows everything that the log had before the session's opening; never, when that was refused. */
  opened(sessionId: number): Promise<void> {
    return this.standing.get(sessionId)?.opened.promise ?? Promise.resolve();
  }

  #send(sessionId: number, { userId, door, cancelOnDisconnect }: OpenEdgeSession): boolean {
    const at = this.#reserve(CommandType.OpenSession, OpenSession.words, userId);
    if (at === -1) return false;
    const { i32, u8 } = this.sink.words;
    i32[at + OpenSession.at.sessionId] = sessionId;
    this.#writeNode(u8, at * 4 + OPEN_NODE);
    u8[at * 4 + CANCEL_ON_DISCONNECT] = cancelOnDisconnect ? 1 : 0;
    u8[at * 4 + DOOR] = door;
    return true;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this.standing.size === 0) return;
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      switch (i32[at] & 0xff) {
        case EventType.SessionOpened:
          if (this.#isOwn(i32[at + SessionOpened.at.nodeId]))
            this.#onOpened(i32[at + SessionOpened.at.sessionId]);
          break;
        case EventType.SessionEnded:
          if (this.#isOwn(i32[at + SessionEnded.at.nodeId]))
            this.#onEnded(i32[at + SessionEnded.at.sessionId], endedReason(words, at));
          break;
        case EventType.SessionClosed:
          // Doors end a session before they say so to the log: one that goes on was ended by another node.
          if (this.#isOwn(i32[at + SessionClosed.at.nodeId]))
            this.#onEnded(i32[at + SessionClosed.at.sessionId], undefined);
      }
    }
  }

  #isOwn(nodeWord: number): boolean {
    return (nodeWord & NODE_MASK) === this.names.nodeId;
  }

  #onOpened(sessionId: number): void {
    if (this.opening.delete(sessionId >>> 0)) this.standing.get(sessionId >>> 0)?.opened.resolve();
  }

  #onEnded(sessionId: number, reason: string | undefined): void {
    const session = this.standing.get(sessionId >>> 0);
    // One that is not open yet: a session of the node's start before this one had its number.
    if (session === undefined || this.opening.has(sessionId >>> 0)) return;
    this.#forget(sessionId >>> 0);
    session.onEnded(reason);
  }

  onRestart(): void {}

  /** Events were lost, perhaps those that are awaited: asking again opens nothing twice. */
  onImage(): void {
    for (const sessionId of this.opening) {
      const session = this.standing.get(sessionId);
      if (session !== undefined) this.#send(sessionId, session);
    }
  }

  /** Closes a session, unless the venue has ended it; tries again while the venue takes no commands. */
  close(sessionId: number): void {
    const session = this.standing.get(sessionId);
    if (session === undefined) return;
    this.#forget(sessionId);
    const { userId } = session;
    this.owed.push({ userId, sessionId });
    this.#pay();
  }

  #forget(sessionId: number): void {
    this.standing.delete(sessionId);
    this.opening.delete(sessionId);
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
