import { CloseSession, CommandType, Door, EndSession, OpenSession } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionEnded, SessionOpened } from '#domain/events.ts';
import { Action } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import type { MassCancellation } from './mass-cancel.ts';
import type { Refusals } from './refusals.ts';
import { byteAt } from './registry/fields.ts';
import type { CoreState } from './state.ts';

const opening = OpenSession.at;
const CANCEL_ON_DISCONNECT = byteAt(OpenSession, 'cancelOnDisconnect');
const DOOR = byteAt(OpenSession, 'door');
const DOOR_MAX = Math.max(...Object.values(Door));
const NODE_MASK = 0xffff;
/** Of the word that SessionOpened shares with the node's id. */
const CANCEL_SHIFT = 16;
const DOOR_SHIFT = 24;
const REASON_WORDS = 16;

/** Sessions of users at gateways, on all nodes, and what their end does. Rules: docs/matching.md, section 9. */
export class GatewaySessions {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly massCancellation: MassCancellation;
  declare private readonly refusals: Refusals;

  constructor(state: CoreState, writer: EventWriter, massCancellation: MassCancellation, refusals: Refusals) {
    this.state = state;
    this.writer = writer;
    this.massCancellation = massCancellation;
    this.refusals = refusals;
  }

  open(words: WordBuffer, offset: number): void {
    const { users, sessions } = this.state;
    const { i32 } = words;
    const userId = i32[offset + opening.userId];
    const sessionId = i32[offset + opening.sessionId];
    const nodeId = i32[offset + opening.nodeId] & NODE_MASK;
    const cancels = words.u8[offset * 4 + CANCEL_ON_DISCONNECT];
    const door = words.u8[offset * 4 + DOOR];
    const user = users.rowIfAllowed(userId, Action.LogIn);
    const known = sessions.rowOf(nodeId, sessionId);
    let code: number = ACCEPTED;
    if (cancels > 1 || door > DOOR_MAX || sessionId === 0) code = RejectCode.MALFORMED_COMMAND;
    else if (user === -1) code = users.refusalOf(userId);
    else if (known !== -1 && sessions.userRow[known] !== user) code = RejectCode.ALREADY_EXISTS;
    const isNew = code === ACCEPTED && known === -1;
    const row = isNew ? sessions.add(nodeId, sessionId, user, door, this.state.timeSeconds) : known;
    if (code === ACCEPTED && row === -1) code = RejectCode.CAPACITY;
    if (code !== ACCEPTED) {
      this.refusals.refuseNode(CommandType.OpenSession, code, words, offset);
      return;
    }
    users.cancelingSessions[user] += cancels - sessions.cancelOnDisconnect[row];
    sessions.cancelOnDisconnect[row] = cancels;
    this.writeSession(row);
  }

  /** Says that a session is open. */
  writeSession(row: number): void {
    const { users, sessions } = this.state;
    const userId = users.userId(sessions.userRow[row]);
    const at = this.writer.begin(EventType.SessionOpened, SessionOpened.words, 0, userId, 0);
    const { i32 } = this.writer.words;
    i32[at + SessionOpened.at.sessionId] = sessions.sessionId[row];
    i32[at + SessionOpened.at.nodeId] =
      sessions.nodeId[row] |
      (sessions.cancelOnDisconnect[row] << CANCEL_SHIFT) |
      (sessions.door[row] << DOOR_SHIFT);
    i32[at + SessionOpened.at.openedSeconds] = sessions.openedSeconds[row];
  }

  /** Disabled users' sessions end too. */
  close(words: WordBuffer, offset: number): void {
    const { users, sessions } = this.state;
    const { i32 } = words;
    const userId = i32[offset + CloseSession.at.userId];
    const sessionId = i32[offset + CloseSession.at.sessionId];
    const nodeId = i32[offset + CloseSession.at.nodeId] & NODE_MASK;
    const user = users.rowOf(userId);
    const row = sessions.rowOf(nodeId, sessionId);
    let code: number = ACCEPTED;
    if (user === -1) code = RejectCode.UNKNOWN_USER;
    else if (row === -1 || sessions.userRow[row] !== user) code = RejectCode.UNKNOWN_SESSION;
    if (code !== ACCEPTED) {
      this.refusals.refuseNode(CommandType.CloseSession, code, words, offset);
      return;
    }
    this.#close(row, i32[offset + CloseSession.at.clientOrderId]);
  }

  /** Staff ends a session. Returns how the command was answered. */
  end(words: WordBuffer, offset: number): number {
    const { users, sessions } = this.state;
    const { i32 } = words;
    const userId = i32[offset + EndSession.at.targetUserId];
    const sessionId = i32[offset + EndSession.at.sessionId];
    const nodeId = i32[offset + EndSession.at.nodeId] & NODE_MASK;
    const user = users.rowOf(userId);
    const row = sessions.rowOf(nodeId, sessionId);
    if (user === -1) return RejectCode.UNKNOWN_USER;
    if (row === -1 || sessions.userRow[row] !== user) return RejectCode.UNKNOWN_SESSION;
    const at = this.writer.begin(EventType.SessionEnded, SessionEnded.words, 0, userId, 0);
    const events = this.writer.words.i32;
    events[at + SessionEnded.at.sessionId] = sessionId;
    events[at + SessionEnded.at.nodeId] = nodeId;
    for (let word = 0; word < REASON_WORDS; word++) {
      events[at + SessionEnded.at.motive + word] = i32[offset + EndSession.at.reason + word];
    }
    // The number of a request of staff says nothing to the user.
    this.#close(row, 0);
    return ACCEPTED;
  }

  #close(row: number, clientOrderId: number): void {
    const { users, sessions } = this.state;
    const user = sessions.userRow[row];
    const nodeId = sessions.nodeId[row];
    const sessionId = sessions.sessionId[row];
    const cancels = sessions.cancelOnDisconnect[row];
    sessions.remove(row);
    users.cancelingSessions[user] -= cancels;
    const at = this.writer.begin(EventType.SessionClosed, SessionClosed.words, 0, users.userId(user), 0);
    const events = this.writer.words.i32;
    events[at + SessionClosed.at.sessionId] = sessionId;
    events[at + SessionClosed.at.nodeId] = nodeId;
    if (cancels === 1 && users.cancelingSessions[user] === 0) {
      this.massCancellation.disconnected(user, clientOrderId);
    }
  }
}
