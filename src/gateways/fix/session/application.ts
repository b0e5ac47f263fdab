import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import type { BusinessRejectReason, SessionRejectReason } from '#codec/fix/rejects.ts';
import type { FixIdentity, FixSessionProfile } from './profile.ts';

/** What an application says of a message. */
export const FixVerdict = {
  /** Dealt with, or answered by a reject. */
  Taken: 0,
  /** Not now: it comes again, and the session reads no further until then. Nothing may have been done with it. */
  Later: 1,
  /** No such message here: the session answers with a Business Message Reject. */
  Unsupported: 2,
} as const;
export type FixVerdict = (typeof FixVerdict)[keyof typeof FixVerdict];

/** A session as its application sees it. */
export interface FixApplicationSession {
  readonly profile: FixSessionProfile;
  /** Who logged on. */
  readonly identity: FixIdentity;
  /** Whether application messages may be sent. */
  readonly loggedOn: boolean;
  /** Whether what can be sent later should be: half of the output's bound waits, or a resend is on its way. */
  readonly isFull: boolean;
  /**
   * Up to which report of a stream everything was sent on this session, in this or an earlier connection, or was noted;
   * -1: the stream has not begun. A stream is named by a number from 1.
   */
  lastReport(stream: number): number;
  /** Reports of the stream up to this one are not sent. */
  noteReport(stream: number, reportNumber: number): void;
  /**
   * Within `onMessage`: the message has an effect that a crash could still undo. Until what is returned is called it does not count as received
   * for whoever opens the session next, here or at another node: it comes again, with PossDupFlag.
   */
  holdMessage(): () => void;
  /** What `onMessage` answered with `Later` comes again in this turn, not with the next beat. */
  takeHeld(): void;
  /** Begins an application message. The writer is for its fields, until `send`. */
  begin(msgType: string): FixWriter;
  /**
   * Numbers, stores and queues the message that was begun.
   * @param stream whose report it brings; 0: none
   * @param reportNumber of that report: the largest is its stream's `lastReport` from then on
   * @returns its MsgSeqNum; 0 when the session is not logged on, so that nothing was sent
   */
  send(stream?: number, reportNumber?: number): number;
  /** Asks for one `onDrain` when everything written has left. */
  wantDrain(): void;
  /** Refuses the message that `onMessage` was given, for a rule of the protocol. @param refTag NO_TAG: none in particular */
  rejectMessage(message: FixMessage, reason: SessionRejectReason, refTag: number, text?: string): void;
  /** Refuses the message that `onMessage` was given, for a reason of the application. @param refId its id; empty: none */
  businessReject(message: FixMessage, reason: BusinessRejectReason, text: string, refId?: string): void;
  /** Ends the session: Logout with the reason, then the connection closes, after the answer or without it. */
  logout(reason: string): void;
}

/**
 * What is put on top of FIX sessions. All calls are of one thread and none may throw: one that does ends its session.
 *
 * To send, within a call or at any other time between `onLogon` and `onLogout`:
 *
 *     const writer = session.begin('8');      // the header is written
 *     writer.text(37, orderId);               // fields behind it, in their order
 *     session.send(stream, reportNumber);     // numbered, stored, queued
 *
 * Outside these calls `acceptor.flush()` ends the turn: it stores and writes what was sent. A session holds back nothing for
 * a counterparty that is away: after its next Logon the application goes on behind `session.lastReport(stream)`.
 */
export interface FixApplication {
  /** The Logon is answered: messages may be sent. */
  onLogon(session: FixApplicationSession): void;
  /**
   * One application message, checked against the dictionary, in the order of its number, once, but for what a crash
   * of this process made the counterparty send again: that has PossDupFlag (43). The message is valid during the call.
   * PossResend (97) is the application's to look at.
   */
  onMessage(session: FixApplicationSession, message: FixMessage): FixVerdict;
  /** After `session.wantDrain()`: everything written has left. */
  onDrain(session: FixApplicationSession): void;
  /** The session is over, until its next Logon. The object is not used again. */
  onLogout(session: FixApplicationSession, reason: string): void;
}
