import { APPL_VER_ID_50SP2, FixVersion } from '#codec/fix/dictionary/versions.ts';
import { FrameVerdict } from '#codec/fix/fix-framer.ts';
import { type FixMessage, NO_TAG } from '#codec/fix/fix-message.ts';
import type { FixValidator } from '#codec/fix/fix-validator.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import { BusinessRejectReason, SessionRejectReason } from '#codec/fix/rejects.ts';
import { MsgType, Tag } from '#codec/fix/tags.ts';
import type { GatewayLogger } from '../../soupbin/logger.ts';
import type { FixLimits } from '../limits.ts';
import { type FixStore, FixStoreError, type FixStoreListener } from '../store/fix-store.ts';
import { type FixApplication, type FixApplicationSession, FixVerdict } from './application.ts';
import { EarlyMessages } from './early-messages.ts';
import type { ConnectionSession, FixConnection } from './fix-connection.ts';
import { FixSender } from './fix-sender.ts';
import { GapWatch } from './gap-watch.ts';
import { HeartbeatAction, HeartbeatWatch } from './heartbeat-watch.ts';
import { HeldNumbers } from './held-numbers.ts';
import { IdentityCheck } from './identity-check.ts';
import { type LogonTerms, numbersRefusal, readLogonTerms, termsRefusal, tooLowText } from './logon.ts';
import type { FixIdentity, FixSessionProfile } from './profile.ts';
import { writeBusinessReject, writeReject } from './rejects.ts';
import { runStartedMs } from './schedule.ts';

/** What sessions share: one thread handles one message at a time. */
export interface SessionContext {
  readonly limits: FixLimits;
  readonly application: FixApplication;
  readonly logger: GatewayLogger;
  readonly message: FixMessage;
  readonly writer: FixWriter;
  nowMs(): number;
  /** The store of a session is closed when the promise resolves. */
  closing(closed: Promise<void>): void;
}

const TEST_REQUEST_ID = 'TEST';

/**
 * One FIX session while it is connected: from its accepted Logon to the end of the connection. It keeps both sides'
 * sequence numbers, answers the messages of the session layer, has gaps filled, and hands application messages on in the
 * order of their numbers.
 *
 * Follows "FIX Session Layer" (FIX Technical Standard) and FIX 4.4 volume 2; docs/protocols/fix.md says where the standard
 * leaves a choice.
 */
export class FixSession implements FixApplicationSession, ConnectionSession, FixStoreListener {
  declare readonly profile: FixSessionProfile;
  declare readonly identity: FixIdentity;
  declare private readonly context: SessionContext;
  declare private readonly connection: FixConnection;
  declare private readonly store: FixStore;
  declare private readonly validator: FixValidator;
  declare private readonly sender: FixSender;
  declare private readonly early: EarlyMessages;
  declare private readonly gap: GapWatch;
  declare private readonly held: HeldNumbers;
  declare private readonly check: IdentityCheck;
  declare private readonly heartbeat: HeartbeatWatch;
  /** The application was told of the Logon, and not yet of the end. */
  declare private announced: boolean;
  declare private over: boolean;
  /** The last that came was garbled. */
  declare private garbled: boolean;
  /** When our Logout was sent; -1: it was not. */
  declare private logoutSentMs: number;
  declare private logoutReason: string;
  declare private loggedOut: boolean;
  declare private drainWanted: boolean;

  constructor(
    context: SessionContext,
    connection: FixConnection,
    profile: FixSessionProfile,
    identity: FixIdentity,
    store: FixStore,
    validator: FixValidator,
  ) {
    const { limits } = context;
    this.profile = profile;
    this.identity = identity;
    this.context = context;
    this.connection = connection;
    this.store = store;
    this.validator = validator;
    this.sender = new FixSender(connection, store, context.writer, identity);
    this.early = new EarlyMessages(limits.earlyMessagesMax, limits.earlyBytesMax);
    this.gap = new GapWatch(limits.resendTimeoutMs, limits.resendRequestsMax);
    this.held = new HeldNumbers(() => {
      this.#setNextIncoming(store.nextIncoming);
      connection.markDirty();
    });
    this.check = new IdentityCheck(identity);
    this.heartbeat = new HeartbeatWatch(context.nowMs());
    this.announced = false;
    this.over = false;
    this.garbled = false;
    this.logoutSentMs = -1;
    this.logoutReason = '';
    this.loggedOut = false;
    this.drainWanted = false;
    store.listen(this);
  }

  get loggedOn(): boolean {
    return this.announced && !this.over && this.logoutSentMs < 0;
  }

  get isFull(): boolean {
    return this.connection.isFull || this.sender.resending;
  }

  lastReport(stream: number): number {
    return this.store.lastReport(stream);
  }

  noteReport(stream: number, reportNumber: number): void {
    this.store.noteReport(stream, reportNumber);
    this.connection.markDirty();
  }

  holdMessage(): () => void {
    return this.held.hold(this.store.nextIncoming);
  }

  begin(msgType: string): FixWriter {
    return this.sender.begin(msgType, this.context.nowMs());
  }

  send(stream = 0, reportNumber = 0): number {
    if (this.loggedOn) return this.sender.send(stream, reportNumber);
    this.sender.cancel();
    return 0;
  }

  wantDrain(): void {
    this.drainWanted = true;
    this.connection.wantDrain();
  }

  rejectMessage(message: FixMessage, reason: SessionRejectReason, refTag: number, text = ''): void {
    const writer = this.sender.begin('3', this.context.nowMs());
    writeReject(writer, message, this.identity.beginString, reason, refTag, text);
    this.sender.sendAdmin();
  }

  businessReject(message: FixMessage, reason: BusinessRejectReason, text: string, refId = ''): void {
    writeBusinessReject(this.sender.begin('j', this.context.nowMs()), message, reason, text, refId);
    this.send();
  }

  logout(reason: string): void {
    this.#logout(reason, reason);
  }

  /** Called by the acceptor, once, with the terms of the accepted Logon. */
  start(terms: LogonTerms): void {
    this.#guard(() => this.#start(terms));
  }

  /** One message: called by the connection. */
  onFrame(bytes: Uint8Array, from: number, to: number): FrameVerdict {
    const { message } = this.context;
    this.heartbeat.received(this.context.nowMs());
    this.garbled = false;
    try {
      if (!this.#takeEarly()) return FrameVerdict.Later;
      message.scan(bytes, from, to);
      if (!this.#receive(message, from, to)) return FrameVerdict.Later;
      // What cannot be taken now comes before the next message, or with the next beat.
      this.#takeEarly();
    } catch (error) {
      this.#fail(error);
    }
    return FrameVerdict.Taken;
  }

  /** Bytes were passed over: called by the connection. Their number, if they had one, will be missing. */
  onGarbled(length: number): void {
    this.heartbeat.lastReceivedMs = this.context.nowMs();
    // One line for a run of them: a counterparty does not fill the log.
    if (!this.garbled) {
      this.context.logger.warn({ session: this.profile.id, bytes: length }, 'garbled FIX message ignored');
    }
    this.garbled = true;
  }

  /** Everything written has left: called by the connection. */
  onDrain(): void {
    this.#guard(() => this.sender.continueResend(this.context.nowMs()));
    if (this.over || this.sender.resending || !this.drainWanted) return;
    this.drainWanted = false;
    if (this.loggedOn) this.context.application.onDrain(this);
  }

  get stored(): number {
    return this.store.stored;
  }

  flushStore(): number {
    let mark = this.store.stored;
    if (!this.over) return this.#guard(() => (mark = this.store.flush())) ? mark : -1;
    return mark;
  }

  /** Called by the store. */
  onStored(): void {
    this.connection.onStored();
  }

  /** Called by the store. */
  onReadable(): void {
    if (this.over) return;
    this.#guard(() => this.sender.continueResend(this.context.nowMs()));
    // What was asked for before the resend stopped here is still to be told.
    if (this.drainWanted) this.connection.wantDrain();
    this.connection.flush();
  }

  /** Called by the store. */
  onFailed(error: FixStoreError): void {
    this.#fail(error);
  }

  /** One beat: heartbeats and every timeout of the session. */
  tick(nowMs: number): void {
    this.#guard(() => this.#tick(nowMs));
  }

  /** The connection is over: called by the acceptor. */
  onClosed(reason: string): void {
    if (this.over) return;
    const { resetOnLogout = false, resetOnDisconnect = false } = this.profile;
    if (resetOnDisconnect || (resetOnLogout && this.loggedOut))
      this.#guard(() => this.store.reset(this.context.nowMs()));
    this.over = true;
    this.context.closing(this.store.close().catch((error) => this.#fail(error)));
    if (!this.announced) return;
    this.announced = false;
    this.context.application.onLogout(this, reason);
  }

  #start(terms: LogonTerms): void {
    const { store, profile, context } = this;
    const nowMs = context.nowMs();
    this.heartbeat.intervalMs = terms.heartBtIntSeconds * 1_000;
    const refusal =
      this.#applySchedule(nowMs) ?? termsRefusal(terms, this.identity.beginString, context.limits);
    if (refusal !== '') {
      this.#refuse(refusal);
      return;
    }
    if (terms.resetSeqNumFlag || profile.resetOnLogon === true) store.reset(nowMs);
    const expected = store.nextIncoming;
    const numbers = numbersRefusal(terms, expected, store.nextOutgoing);
    if (numbers !== '') {
      this.#refuse(numbers);
      return;
    }
    if (terms.number === expected) this.#setNextIncoming(expected + 1);
    const logonNumber = store.nextOutgoing;
    this.#sendLogon(terms);
    const { nextExpected } = terms;
    if (nextExpected >= 0 && nextExpected < logonNumber) this.sender.resend(nextExpected, logonNumber, nowMs);
    if (terms.number > expected) {
      // A counterparty that says what it expects learns from our answer what we expect, and sends it unasked.
      if (nextExpected < 0) this.#requestResend(terms.number);
      else this.gap.opened(terms.number, nowMs);
    }
    this.announced = true;
    context.application.onLogon(this);
  }

  /** Begins the numbers anew when the schedule says so. @returns a refusal outside its hours; undefined within them */
  #applySchedule(nowMs: number): string | undefined {
    const { schedule } = this.profile;
    if (schedule === undefined) return undefined;
    const startedMs = runStartedMs(schedule, nowMs);
    if (startedMs < 0) return 'outside the hours of the session';
    if (this.store.createdMs < startedMs) this.store.reset(nowMs);
    return undefined;
  }

  #sendLogon(terms: LogonTerms): void {
    const writer = this.sender.begin('A', this.context.nowMs());
    writer.int(Tag.EncryptMethod, 0);
    writer.int(Tag.HeartBtInt, terms.heartBtIntSeconds);
    if (terms.resetSeqNumFlag) writer.boolean(Tag.ResetSeqNumFlag, true);
    if (terms.nextExpected >= 0) writer.int(Tag.NextExpectedMsgSeqNum, this.store.nextIncoming);
    if (this.identity.beginString === FixVersion.Fixt11) writer.text(Tag.DefaultApplVerID, APPL_VER_ID_50SP2);
    this.sender.sendAdmin();
  }

  /** Ends a session that has not begun. */
  #refuse(reason: string): void {
    this.#logout(reason, `Logon refused: ${reason}`);
    this.connection.close(`Logon refused: ${reason}`);
  }

  #logout(text: string, reason: string): void {
    if (this.over || this.logoutSentMs >= 0) return;
    const nowMs = this.context.nowMs();
    const writer = this.sender.begin('5', nowMs);
    if (text !== '') writer.text(Tag.Text, text);
    this.sender.sendAdmin();
    this.logoutSentMs = nowMs;
    this.logoutReason = reason;
  }

  /** Deals with the scanned message, which is `bytes[from, to)` of its memory. @returns false: it has to come again */
  #receive(message: FixMessage, from: number, to: number): boolean {
    const number = message.uint(Tag.MsgSeqNum);
    const type = message.msgType;
    if (this.logoutSentMs >= 0) {
      if (type === MsgType.Logout) this.#endAfterLogout();
      return true;
    }
    if (!this.check.hasBeginString(message)) return this.#fatal('Incorrect BeginString');
    if (number < 0) return this.#fatal('MsgSeqNum missing');
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
    const expected = this.store.nextIncoming;
    if (number > expected) {
      this.early.keep(number, message.bytes, from, to);
      this.#requestResend(number);
      return true;
    }
    if (number < expected) return this.#onLate(message, number, expected);
    return this.#process(message, number);
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
        this.#answerTestRequest(message);
        break;
      case MsgType.SequenceReset:
        this.#onGapFill(message, number);
        return true;
      default: {
        const verdict = this.context.application.onMessage(this, message);
        if (verdict === FixVerdict.Later) return false;
        if (verdict === FixVerdict.Unsupported && !this.over) {
          this.businessReject(
            message,
            BusinessRejectReason.UnsupportedMessageType,
            'Unsupported Message Type',
          );
        }
      }
    }
    this.#advance(number);
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

  #answerTestRequest(message: FixMessage): void {
    const id = message.find(Tag.TestReqID);
    const writer = this.sender.begin('0', this.context.nowMs());
    writer.bytes(Tag.TestReqID, message.bytes, message.starts[id], message.ends[id]);
    this.sender.sendAdmin();
  }

  #onGapFill(message: FixMessage, number: number): void {
    const next = message.uint(Tag.NewSeqNo);
    if (next <= number) this.#reject(message, number, SessionRejectReason.ValueIncorrect);
    else this.#advance(next - 1);
  }

  /** SequenceReset in reset mode: the numbers go on from NewSeqNo, whatever was missing. */
  #onReset(message: FixMessage, number: number): boolean {
    if (!this.#isValid(message, number)) return true;
    const next = message.uint(Tag.NewSeqNo);
    if (next < this.store.nextIncoming) this.#reject(message, number, SessionRejectReason.ValueIncorrect);
    else this.#advance(next - 1);
    return true;
  }

  #onLogout(number: number): boolean {
    this.#useNumber(number);
    this.#logout('', 'logout');
    this.#endAfterLogout();
    return true;
  }

  #endAfterLogout(): void {
    this.loggedOut = true;
    this.connection.close(this.logoutReason);
  }

  /** A Logon within the session can only begin the numbers anew. */
  #onLogonAgain(message: FixMessage, number: number): boolean {
    if (!message.isYes(Tag.ResetSeqNumFlag)) return this.#fatal('already logged on');
    const definition = this.validator.definition(message);
    if (definition === undefined || !this.validator.validate(message, definition)) {
      return this.#fatal('invalid Logon');
    }
    const terms = readLogonTerms(message);
    const refusal = termsRefusal(terms, this.identity.beginString, this.context.limits);
    if (refusal !== '') return this.#fatal(refusal);
    this.store.reset(this.context.nowMs());
    this.held.clear();
    this.early.clear();
    this.gap.close();
    this.sender.stopResend();
    this.heartbeat.intervalMs = terms.heartBtIntSeconds * 1_000;
    this.#setNextIncoming(number + 1);
    this.#sendLogon(terms);
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
    this.#useNumber(number);
    if (from <= last) this.sender.resend(from, to === 0 ? last : Math.min(to, last), this.context.nowMs());
    if (number > this.store.nextIncoming) this.#requestResend(number);
    return true;
  }

  /** A number that was used before: what the counterparty says that it repeats is ignored, anything else ends the session. */
  #onLate(message: FixMessage, number: number, expected: number): boolean {
    if (!message.isYes(Tag.PossDupFlag)) return this.#fatal(tooLowText(expected, number));
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
    this.rejectMessage(message, reason, refTag, text);
    if (message.msgType !== MsgType.SequenceReset || message.isYes(Tag.GapFillFlag)) this.#useNumber(number);
  }

  #rejectAndLogout(message: FixMessage, number: number, reason: SessionRejectReason): true {
    this.#reject(message, number, reason);
    this.#logout('', `logged out after a Reject with reason ${reason}`);
    return true;
  }

  /** Ends the session at once: Logout with the reason, then the end of the connection. */
  #fatal(reason: string): true {
    this.#logout(reason, reason);
    this.connection.close(reason);
    return true;
  }

  #hasWrongTime(message: FixMessage): boolean {
    const sentMs = message.timestampMs(Tag.SendingTime);
    return (
      sentMs >= 0 &&
      Math.abs(this.heartbeat.lastReceivedMs - sentMs) > this.context.limits.sendingTimeToleranceMs
    );
  }

  #requestResend(seenNumber: number): void {
    const nowMs = this.context.nowMs();
    if (!this.gap.shouldAsk(this.store.nextIncoming)) return;
    this.gap.opened(seenNumber, nowMs);
    this.#sendResendRequest();
  }

  /** Asks for everything from the first that is missing: what came early and was kept is not dealt with twice. */
  #sendResendRequest(): void {
    const writer = this.sender.begin('2', this.context.nowMs());
    writer.int(Tag.BeginSeqNo, this.store.nextIncoming);
    writer.int(Tag.EndSeqNo, 0);
    this.sender.sendAdmin();
  }

  #useNumber(number: number): void {
    if (number === this.store.nextIncoming) this.#advance(number);
  }

  /** The counterparty's next message is the one behind `number`. */
  #advance(number: number): void {
    this.#setNextIncoming(number + 1);
    this.early.forgetBelow(number + 1);
    this.gap.filledBelow(number + 1);
  }

  #setNextIncoming(number: number): void {
    this.store.setNextIncoming(number, Math.min(number, this.held.oldest));
  }

  /** Deals with kept messages whose turn has come. @returns false: the application does not take the next one now */
  #takeEarly(): boolean {
    for (;;) {
      const bytes = this.early.get(this.store.nextIncoming);
      if (bytes === undefined || this.over || this.logoutSentMs >= 0) return true;
      const { message } = this.context;
      message.scan(bytes, 0, bytes.length);
      if (!this.#process(message, this.store.nextIncoming)) return false;
    }
  }

  #tick(nowMs: number): void {
    const { connection, sender, heartbeat } = this;
    if (this.logoutSentMs >= 0) {
      if (nowMs - this.logoutSentMs > this.context.limits.logoutTimeoutMs)
        connection.close(this.logoutReason);
      return;
    }
    const { schedule } = this.profile;
    if (
      schedule !== undefined &&
      runStartedMs(schedule, nowMs) !== runStartedMs(schedule, this.store.createdMs)
    ) {
      this.logout('the hours of the session have ended');
      return;
    }
    this.#takeEarly();
    // A counterparty that is not read cannot be heard.
    if (connection.holding) heartbeat.lastReceivedMs = nowMs;
    if (this.gap.isLate(nowMs)) {
      if (this.gap.isExhausted) {
        this.logout('Resend Requests are not answered');
        return;
      }
      this.gap.askedAgain(nowMs);
      this.#sendResendRequest();
    }
    switch (heartbeat.due(nowMs, sender.lastSentMs)) {
      case HeartbeatAction.GiveUp:
        connection.close('no heartbeat in time');
        break;
      case HeartbeatAction.SendTestRequest:
        sender.begin('1', nowMs).text(Tag.TestReqID, TEST_REQUEST_ID);
        sender.sendAdmin();
        break;
      case HeartbeatAction.SendHeartbeat:
        sender.begin('0', nowMs);
        sender.sendAdmin();
    }
  }

  /** Runs what may find that the store has failed, which ends the connection. @returns whether it did not */
  #guard(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof FixStoreError)) throw error;
    const { code } = error;
    this.context.logger.warn({ session: this.profile.id, code, error }, 'FIX session store failed');
    this.over = true;
    if (this.announced) {
      this.announced = false;
      this.context.application.onLogout(this, error.message);
    }
    this.connection.drop(error.message);
  }
}
