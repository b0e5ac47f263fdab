import { type FixMessage, NO_TAG } from '#codec/fix/fix-message.ts';
import type { FixValidator } from '#codec/fix/fix-validator.ts';
import { BusinessRejectReason, SessionRejectReason } from '#codec/fix/rejects.ts';
import { MsgType, Tag } from '#codec/fix/tags.ts';
import { REPEATED_BYTES_MAX } from '../limits.ts';
import { type FixStore, NEXT_INCOMING_MAX } from '../store/fix-store.ts';
import type { AdminMessages } from './admin-messages.ts';
import { type FixApplicationSession, FixVerdict } from './application.ts';
import type { FixSender } from './fix-sender.ts';
import type { HeartbeatWatch } from './heartbeat-watch.ts';
import { IdentityCheck } from './identity-check.ts';
import type { IncomingNumbers } from './incoming-numbers.ts';
import { NUMBERS_EXHAUSTED, numbersRefusal, readLogonTerms, termsRefusal, tooLowText } from './logon.ts';
import type { SessionContext } from './session-context.ts';

/** What the receiving half asks of its session. */
export interface ReceivingSession extends FixApplicationSession {
  readonly isOver: boolean;
  readonly isLogoutSent: boolean;
  /** Sends a Logout, unless one was sent. @param text empty: none @param reason why the session ends */
  sendLogout(text: string, reason: string): void;
  /** Both Logouts are said: the connection ends. */
  endAfterLogout(): void;
  /** Ends the session at once: Logout with the reason, then the end of the connection. */
  end(reason: string): void;
}

/** What the halves of a session share. */
export interface SessionParts {
  readonly store: FixStore;
  readonly validator: FixValidator;
  readonly sender: FixSender;
  readonly admin: AdminMessages;
  readonly incoming: IncomingNumbers;
  readonly heartbeat: HeartbeatWatch;
}

/**
 * The receiving half of a session: answers the messages of the session layer, has gaps filled, and hands application messages
 * on in the order of their numbers.
 */
export class FixReceiver {
  declare private readonly session: ReceivingSession;
  declare private readonly context: SessionContext;
  declare private readonly store: FixStore;
  declare private readonly validator: FixValidator;
  declare private readonly sender: FixSender;
  declare private readonly admin: AdminMessages;
  declare private readonly incoming: IncomingNumbers;
  declare private readonly heartbeat: HeartbeatWatch;
  declare private readonly check: IdentityCheck;
  /** When a message began to wait, and what was sent behind it with it; -1: what comes is read at once. */
  declare private waitingSinceMs: number;

  constructor(session: ReceivingSession, context: SessionContext, parts: SessionParts) {
    this.session = session;
    this.context = context;
    this.store = parts.store;
    this.validator = parts.validator;
    this.sender = parts.sender;
    this.admin = parts.admin;
    this.incoming = parts.incoming;
    this.heartbeat = parts.heartbeat;
    this.check = new IdentityCheck(session.identity);
    this.waitingSinceMs = -1;
  }

  /** What came has to come again, and the counterparty is not read until then. */
  keepWaiting(): void {
    if (this.waitingSinceMs < 0) this.waitingSinceMs = this.heartbeat.lastReceivedMs;
  }

  /** Deals with the scanned message, which is `bytes[from, to)` of its memory. @returns false: it has to come again */
  receive(message: FixMessage, from: number, to: number): boolean {
    const number = message.uint(Tag.MsgSeqNum);
    const type = message.msgType;
    if (this.session.isLogoutSent) {
      // What it sends before it answers is not dealt with, and asked for after its next Logon.
      if (type !== MsgType.Logout) return true;
      this.incoming.use(number);
      this.session.endAfterLogout();
      return true;
    }
    if (!this.check.hasBeginString(message)) return this.#end('Incorrect BeginString');
    if (number < 0) return this.#end('MsgSeqNum missing');
    if (number >= NEXT_INCOMING_MAX) return this.#end(NUMBERS_EXHAUSTED);
    if (this.check.hasForeignCompId(message))
      return this.#rejectAndLogout(message, number, SessionRejectReason.CompIdProblem);
    if (this.#hasWrongTime(message)) {
      return this.#rejectAndLogout(message, number, SessionRejectReason.SendingTimeAccuracy);
    }
    if (type === MsgType.Logout) return this.#onLogout(number);
    if (type === MsgType.Logon) return this.#onLogonAgain(message, number);
    if (type === MsgType.ResendRequest) return this.#onResendRequest(message, number);
    if (type === MsgType.SequenceReset && !message.isYes(Tag.GapFillFlag))
      return this.#onReset(message, number);
    const expected = this.incoming.next;
    if (number > expected) {
      this.incoming.keepEarly(number, message.bytes, from, to);
      this.requestResend(number);
      return true;
    }
    if (number < expected) return this.#onLate(message, number, expected);
    return this.#process(message, number);
  }

  /** Deals with kept messages whose turn has come. @returns false: the application does not take the next one now */
  takeEarly(): boolean {
    for (;;) {
      const bytes = this.incoming.nextEarly();
      if (bytes === undefined || this.session.isOver || this.session.isLogoutSent) return true;
      const { message } = this.context;
      message.scan(bytes, 0, bytes.length);
      if (!this.#process(message, this.incoming.next)) return false;
    }
  }

  /** Asks for what is missing before `seenNumber`, unless that was done. */
  requestResend(seenNumber: number): void {
    const { gap } = this.incoming;
    const nowMs = this.context.nowMs();
    if (!gap.shouldAsk(this.incoming.next)) return;
    gap.opened(seenNumber, nowMs);
    this.admin.resendRequest(this.incoming.next);
  }

  /** The message whose turn it is. */
  #process(message: FixMessage, number: number): boolean {
    if (message.isYes(Tag.PossDupFlag) && !this.#hasRightOrigin(message, number)) return true;
    if (!this.#isValid(message, number)) return true;
    switch (message.msgType) {
      case MsgType.Heartbeat:
      case MsgType.Reject:
        break;
      case MsgType.TestRequest:
        if (hasLongValue(message, Tag.TestReqID)) {
          this.#reject(message, number, SessionRejectReason.ValueIncorrect, Tag.TestReqID);
          return true;
        }
        this.admin.answerTestRequest(message);
        break;
      case MsgType.SequenceReset:
        this.#onGapFill(message, number);
        return true;
      default: {
        const verdict = this.context.application.onMessage(this.session, message);
        if (verdict === FixVerdict.Later) return false;
        if (verdict === FixVerdict.Unsupported && !this.session.isOver) {
          this.session.businessReject(
            message,
            BusinessRejectReason.UnsupportedMessageType,
            'Unsupported Message Type',
          );
        }
      }
    }
    this.incoming.advance(number);
    return true;
  }

  /** Whether the dictionary accepts the message; if not, it is rejected and its number is used up. */
  #isValid(message: FixMessage, number: number): boolean {
    const { validator } = this;
    const definition = validator.definition(message);
    if (definition === undefined) this.#reject(message, number, SessionRejectReason.InvalidMsgType);
    else if (this.check.hasForeignVersion(message)) {
      this.#reject(message, number, SessionRejectReason.InvalidApplicationVersion, Tag.ApplVerID);
    } else if (validator.validate(message, definition)) return true;
    else this.#reject(message, number, validator.reason, validator.refTag, validator.detail);
    return false;
  }

  #onGapFill(message: FixMessage, number: number): void {
    this.#goOnFrom(message, number, number + 1);
  }

  /** SequenceReset in reset mode: the numbers go on from NewSeqNo, whatever was missing. */
  #onReset(message: FixMessage, number: number): boolean {
    if (!this.#isValid(message, number)) return true;
    this.#goOnFrom(message, number, this.incoming.next);
    return true;
  }

  /** Goes on from the message's NewSeqNo, if that is not below `nextMin`, nor above what can be kept. */
  #goOnFrom(message: FixMessage, number: number, nextMin: number): void {
    const next = message.uint(Tag.NewSeqNo);
    if (next < nextMin) this.#reject(message, number, SessionRejectReason.ValueIncorrect);
    else if (next > NEXT_INCOMING_MAX) {
      this.#reject(message, number, SessionRejectReason.ValueIncorrect, Tag.NewSeqNo);
    } else this.incoming.advance(next - 1);
  }

  #onLogout(number: number): boolean {
    this.incoming.use(number);
    this.session.sendLogout('', 'logout');
    this.session.endAfterLogout();
    return true;
  }

  /** A Logon within the session can only begin the numbers anew. */
  #onLogonAgain(message: FixMessage, number: number): boolean {
    if (!message.isYes(Tag.ResetSeqNumFlag)) return this.#end('already logged on');
    const definition = this.validator.definition(message);
    if (definition === undefined || !this.validator.validate(message, definition)) {
      return this.#end('invalid Logon');
    }
    const terms = readLogonTerms(message);
    const refusal =
      termsRefusal(terms, this.session.identity, this.context.limits) || numbersRefusal(terms, 1, 1);
    if (refusal !== '') return this.#end(refusal);
    this.store.reset(this.context.nowMs());
    this.sender.stopResend();
    this.heartbeat.intervalMs = terms.heartBtIntSeconds * 1_000;
    this.incoming.restart(number + 1);
    this.admin.logon(terms, this.incoming.next);
    return true;
  }

  #onResendRequest(message: FixMessage, number: number): boolean {
    if (this.sender.resending) return false;
    if (!this.#isValid(message, number)) return true;
    const last = this.store.nextOutgoing - 1;
    const from = message.uint(Tag.BeginSeqNo);
    const to = message.uint(Tag.EndSeqNo);
    if (from === 0 || (to !== 0 && to < from)) {
      this.#reject(message, number, SessionRejectReason.ValueIncorrect);
      return true;
    }
    this.incoming.use(number);
    if (from <= last) this.sender.resend(from, to === 0 ? last : Math.min(to, last), this.context.nowMs());
    if (number > this.incoming.next) this.requestResend(number);
    return true;
  }

  /** A number that was used before: what the counterparty says that it repeats is ignored, anything else ends the session. */
  #onLate(message: FixMessage, number: number, expected: number): boolean {
    if (!message.isYes(Tag.PossDupFlag)) return this.#end(tooLowText(expected, number));
    this.#hasRightOrigin(message, number);
    return true;
  }

  /** Whether a repeated message says when it was sent first, and not after itself; if not, it is rejected. */
  #hasRightOrigin(message: FixMessage, number: number): boolean {
    if (message.find(Tag.OrigSendingTime) < 0) {
      this.#reject(message, number, SessionRejectReason.RequiredTagMissing, Tag.OrigSendingTime);
      return false;
    }
    const firstMs = message.timestampMs(Tag.OrigSendingTime);
    const sentMs = message.timestampMs(Tag.SendingTime);
    if (firstMs < 0 || sentMs < 0 || firstMs <= sentMs) return true;
    this.#rejectAndLogout(message, number, SessionRejectReason.SendingTimeAccuracy);
    return false;
  }

  /** Rejects a message of the session layer's check, and uses its number up when its turn it was. */
  #reject(
    message: FixMessage,
    number: number,
    reason: SessionRejectReason,
    refTag = NO_TAG,
    text = '',
  ): void {
    this.admin.reject(message, reason, refTag, text);
    if (message.msgType !== MsgType.SequenceReset || message.isYes(Tag.GapFillFlag))
      this.incoming.use(number);
  }

  #rejectAndLogout(message: FixMessage, number: number, reason: SessionRejectReason): true {
    this.#reject(message, number, reason);
    this.session.sendLogout('', `logged out after a Reject with reason ${reason}`);
    return true;
  }

  #end(reason: string): true {
    this.session.end(reason);
    return true;
  }

  /** What waited is as old as that. Messages come in the order in which they were sent: one that is not late ends that. */
  #hasWrongTime(message: FixMessage): boolean {
    const sentMs = message.timestampMs(Tag.SendingTime);
    if (sentMs < 0) return false;
    const { sendingTimeToleranceMs: toleranceMs } = this.context.limits;
    const lateMs = this.heartbeat.lastReceivedMs - sentMs;
    if (Math.abs(lateMs) > toleranceMs)
      return lateMs < 0 || this.waitingSinceMs < 0 || this.waitingSinceMs - sentMs > toleranceMs;
    this.waitingSinceMs = -1;
    return false;
  }
}

/** Whether the field's value is longer than what is repeated. */
function hasLongValue(message: FixMessage, tag: number): boolean {
  const index = message.find(tag);
  return message.ends[index] - message.starts[index] > REPEATED_BYTES_MAX;
}
