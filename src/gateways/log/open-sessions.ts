import type { SessionFacts } from '#codec/json/session-json.ts';
import { EventType, SessionClosed, SessionOpened } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import type { FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const CANCEL_ON_DISCONNECT = byteAt(SessionOpened, 'cancelOnDisconnect');
const DOOR = byteAt(SessionOpened, 'door');
const NODE_MASK = 0xffff;
/** Sessions of one node, as numbers: keys are node x this + session. */
export const SESSION_NUMBERS = 2 ** 32;

/** The open sessions of the venue, on all nodes, as events tell them. */
export class OpenSessions implements FollowingSink {
  /** By key, the oldest first. */
  declare readonly byKey: ReadonlyMap<number, SessionFacts>;
  declare private readonly sessions: Map<number, SessionFacts>;
  /** Told of each session that was opened or closed; without one when all may have changed. */
  declare onChange: (key: number | undefined) => void;

  constructor() {
    this.sessions = new Map();
    this.byKey = this.sessions;
    this.onChange = () => {};
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 0xff;
      if (type === EventType.SessionOpened) this.#open(words, at);
      else if (type === EventType.SessionClosed) {
        const nodeId = i32[at + SessionClosed.at.nodeId] & NODE_MASK;
        const key = sessionKey(nodeId, i32[at + SessionClosed.at.sessionId] >>> 0);
        if (this.sessions.delete(key)) this.onChange(key);
      }
    }
  }

  onRestart(): void {
    this.sessions.clear();
  }

  onImage(): void {
    this.onChange(undefined);
  }

  #open({ i32, u8 }: WordBuffer, at: number): void {
    const nodeId = i32[at + SessionOpened.at.nodeId] & NODE_MASK;
    const sessionId = i32[at + SessionOpened.at.sessionId] >>> 0;
    const key = sessionKey(nodeId, sessionId);
    this.sessions.set(key, {
      nodeId,
      sessionId,
      userId: i32[at + 6] >>> 0,
      door: u8[at * 4 + DOOR],
      openedSeconds: i32[at + SessionOpened.at.openedSeconds] >>> 0,
      cancelOnDisconnect: u8[at * 4 + CANCEL_ON_DISCONNECT] === 1,
    });
    this.onChange(key);
  }
}

function sessionKey(nodeId: number, sessionId: number): number {
  return nodeId * SESSION_NUMBERS + sessionId;
}
