import { CloseSession, CommandType, Door, OpenSession } from '#domain/commands.ts';
import type { SessionNames, TurnSink } from '#domain/ports.ts';
import { assert } from '#lib/assert.ts';
import type { SoupSession } from '../soupbin/session.ts';
import type { OuchSession, OuchUser } from './ouch-user.ts';

/** OpenSession's cancelOnDisconnect, in the word that it shares with the node's id. */
const CANCEL_ON_DISCONNECT = 1 << 16;
const OUCH_DOOR = Door.Ouch << 24;

/** What the door's sessions are to the log: it opens and closes them there, and hears what became of them. */
export class OuchSessions {
  declare private readonly sink: TurnSink;
  declare private readonly names: SessionNames;
  declare private readonly usersById: ReadonlyMap<number, OuchUser>;
  /** Users with `sessionsToClose`. */
  declare private readonly owing: Set<OuchUser>;
  declare private owedTimer: NodeJS.Timeout | undefined;

  constructor(sink: TurnSink, names: SessionNames, usersById: ReadonlyMap<number, OuchUser>) {
    this.sink = sink;
    this.names = names;
    this.usersById = usersById;
    this.owing = new Set();
    this.owedTimer = undefined;
  }

  /**
   * Opens a new session in the log, after what is owed of the user's earlier ones. It takes the place of the one that the user has.
   * @returns its id; -1: the sink has no room, and the one that the user has goes on
   */
  begin(user: OuchUser, cancelOnDisconnect: boolean): number {
    this.#payOwedCloses();
    if (!this.sink.hasRoom(2, CloseSession.words + OpenSession.words)) return -1;
    user.session?.close('the same user logged in again');
    // Before the new one: what the end of a session cancels does not wait for that of another one.
    this.#payOwedCloses();
    const sessionId = this.names.nextSessionId();
    const isOpening = this.open(user, sessionId, cancelOnDisconnect);
    assert(isOpening && user.sessionsToClose.length === 0, 'Invariant: there is room for both');
    return sessionId;
  }

  /** Writes an OpenSession: another one of the same session changes its terms. @returns false: the sink has no room */
  open(user: OuchUser, sessionId: number, cancelOnDisconnect: boolean): boolean {
    const at = this.#reserve(CommandType.OpenSession, OpenSession.words, user);
    if (at === -1) return false;
    const { i32 } = this.sink.words;
    i32[at + OpenSession.at.sessionId] = sessionId;
    i32[at + OpenSession.at.nodeId] =
      this.names.nodeId | (cancelOnDisconnect ? CANCEL_ON_DISCONNECT : 0) | OUCH_DOOR;
    return true;
  }

  /** The connection of a session is over: it is closed in the log, soon. */
  onClosed({ user, sessionId, isOpenInLog, opensInFlight }: OuchSession): void {
    // What the log has closed is not closed again, unless an OpenSession is on its way.
    if (!isOpenInLog && opensInFlight === 0) return;
    user.sessionsToClose.push(sessionId);
    this.owing.add(user);
    // Not at once: a session may end while events are handed over, when no command may be written.
    this.owedTimer ??= setTimeout(() => this.#payOwedCloses(), 0);
  }

  /** The log has opened a session. @param nodeWord with the node's id in its low half */
  onOpenedInLog(userId: number, nodeWord: number, sessionId: number): void {
    const state = this.#sessionOf(userId, nodeWord, sessionId)?.state as OuchSession | undefined;
    if (state === undefined) return;
    state.opensInFlight--;
    state.isOpenInLog = true;
  }

  /** Ends the connection of a session that the log has closed. */
  onEndedInLog(userId: number, nodeWord: number, sessionId: number, reason: string): void {
    const session = this.#sessionOf(userId, nodeWord, sessionId);
    const state = session?.state as OuchSession | undefined;
    // A session of the node's start before this one may have had its number.
    if (session === undefined || state?.isOpenInLog !== true) return;
    state.isOpenInLog = false;
    session.close(reason);
  }

  /** Others have closed in the log what this door had left open. */
  forgetOwed(): void {
    for (const user of this.owing) user.sessionsToClose.length = 0;
    this.owing.clear();
  }

  /** Writes what is owed, as far as the sink has room, and does not try again. */
  payAtOnce(): void {
    this.#payOwedCloses();
    clearTimeout(this.owedTimer);
  }

  /** The session of this door that the log names, as long as its connection stands. */
  #sessionOf(userId: number, nodeWord: number, sessionId: number): SoupSession<OuchSession> | undefined {
    const session = this.usersById.get(userId)?.session;
    const isIt =
      session !== undefined &&
      (nodeWord & 0xffff) === this.names.nodeId &&
      (session.state as OuchSession).sessionId === sessionId >>> 0;
    return isIt ? session : undefined;
  }

  /** Writes the CloseSession commands of sessions that ended; tries again while the sink has no room. */
  #payOwedCloses(): void {
    clearTimeout(this.owedTimer);
    this.owedTimer = undefined;
    for (const user of this.owing) {
      while (user.sessionsToClose.length > 0) {
        const at = this.#reserve(CommandType.CloseSession, CloseSession.words, user);
        if (at === -1) {
          this.owedTimer = setTimeout(() => this.#payOwedCloses(), 1);
          return;
        }
        this.sink.words.i32[at + CloseSession.at.sessionId] = user.sessionsToClose[0];
        this.sink.words.i32[at + CloseSession.at.nodeId] = this.names.nodeId;
        user.sessionsToClose.shift();
      }
      this.owing.delete(user);
    }
  }

  #reserve(type: CommandType, words: number, user: OuchUser): number {
    const at = this.sink.reserve(words);
    if (at === -1) return -1;
    const { i32 } = this.sink.words;
    i32[at] = type | (words << 16);
    i32[at + 1] = user.userId;
    return at;
  }
}
