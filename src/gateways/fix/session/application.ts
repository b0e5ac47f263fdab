import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { FixSession } from './fix-session.ts';

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

/**
 * What is put on top of FIX sessions. All calls are of one thread and none may throw.
 *
 * To send, within a call or at any other time between `onLogon` and `onLogout`:
 *
 *     const writer = session.begin('8');      // the header is written
 *     writer.text(37, orderId);               // fields behind it, in their order
 *     session.send(reportNumber);             // numbered, stored, queued
 *
 * Outside these calls `acceptor.flush()` ends the turn: it stores and writes what was sent. A session holds back nothing for
 * a counterparty that is away: after its next Logon the application goes on behind `session.lastReportNumber`.
 */
export interface FixApplication {
  /** The Logon is answered: messages may be sent. */
  onLogon(session: FixSession): void;
  /**
   * One application message, checked against the dictionary, in the order of its number, once, but for what a crash
   * of this process made the counterparty send again: that has PossDupFlag (43). The message is valid during the call.
   * PossResend (97) is the application's to look at.
   */
  onMessage(session: FixSession, message: FixMessage): FixVerdict;
  /** After `session.wantDrain()`: everything written has left. */
  onDrain(session: FixSession): void;
  /** The session is over, until its next Logon. The object is not used again. */
  onLogout(session: FixSession, reason: string): void;
}
