import { CloseSession, CommandType, OpenSession } from '#domain/commands.ts';
import { EventType, SessionClosed, SessionOpened } from '#domain/events.ts';
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
const NODE_MASK = 0xffff;
/** Of the word that SessionOpened shares with the node's id. */
const CANCEL_SHIFT = 16;

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
    const user = users.rowIfAllowed(userId, Action.LogIn);
    const known = sessions.rowOf(nodeId, sessionId);
    let code: number = ACCEPTED;
    if (cancels > 1 || sessionId === 0) code = RejectCode.MALFORMED_COMMAND;
    else if (user === -1) code = users.refusalOf(userId);
    else if (known !== -1 && sessions.userRow[known] !== user) code = RejectCode.ALREADY_EXISTS;
    const row = code === ACCEPTED && known === -1 ? sessions.add(nodeId, sessionId, user) : known;
    if (code === ACCEPTED && row === -1) code = RejectCode.CAPACITY;
    if (code !== ACCEPTED) {
      this.refusals.refuse(CommandType.OpenSession, code, words, offset, 0);
      return;
    }
    users.cancelingSessions[user] += cancels - sessions.cancelOnDisconnect[row];
    sessions.cancelOnDisconnect[row] = cancels;
    const at = this.writer.begin(EventType.SessionOpened, SessionOpened.words, 0, userId, 0);
    const events = this.writer.words.i32;
    events[at + SessionOpened.at.sessionId] = sessionId;
    events[at + SessionOpened.at.nodeId] = nodeId | (cancels << CANCEL_SHIFT);
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
      this.refusals.refuse(CommandType.CloseSession, code, words, offset, 0);
      return;
    }
    const cancels = sessions.cancelOnDisconnect[row];
    sessions.remove(row);
    users.cancelingSessions[user] -= cancels;
    const at = this.writer.begin(EventType.SessionClosed, SessionClosed.words, 0, userId, 0);
    const events = this.writer.words.i32;
    events[at + SessionClosed.at.sessionId] = sessionId;
    events[at + SessionClosed.at.nodeId] = nodeId;
    if (cancels === 1 && users.cancelingSessions[user] === 0) {
      this.massCancellation.disconnected(user, i32[offset + CloseSession.at.clientOrderId]);
    }
  }
}
