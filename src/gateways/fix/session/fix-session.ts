import { FrameVerdict } from '#codec/fix/fix-framer.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { FixValidator } from '#codec/fix/fix-validator.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import type { BusinessRejectReason, SessionRejectReason } from '#codec/fix/rejects.ts';
import { type FixStore, FixStoreError, type FixStoreListener } from '../store/fix-store.ts';
import { AdminMessages } from './admin-messages.ts';
import type { ConnectionSession, FixConnection } from './fix-connection.ts';
import { FixReceiver, type ReceivingSession } from './fix-receiver.ts';
import { FixSender } from './fix-sender.ts';
import { HeartbeatAction, HeartbeatWatch } from './heartbeat-watch.ts';
import { IncomingNumbers } from './incoming-numbers.ts';
import { type LogonTerms, numbersRefusal, termsRefusal } from './logon.ts';
import type { FixIdentity, FixSessionProfile } from './profile.ts';
import { writeBusinessReject } from './rejects.ts';
import { runStartedMs } from './schedule.ts';
import type { SessionContext } from './session-context.ts';

/**
 * One FIX session while it is connected: from its accepted Logon to the end of the connection. It says when the session begins
 * and ends, and watches its times; what comes is the receiver's business, what goes the sender's.
 *
 * Follows "FIX Session Layer" (FIX Technical Standard) and FIX 4.4 volume 2; docs/protocols/fix.md says where the standard
 * leaves a choice.
 */
export class FixSession implements ReceivingSession, ConnectionSession, FixStoreListener {
  declare readonly profile: FixSessionProfile;
  declare readonly identity: FixIdentity;
  declare isOver: boolean;
  declare private readonly context: SessionContext;
  declare private readonly connection: FixConnection;
  declare private readonly store: FixStore;
  declare private readonly sender: FixSender;
  declare private readonly admin: AdminMessages;
  declare private readonly incoming: IncomingNumbers;
  declare private readonly heartbeat: HeartbeatWatch;
  declare private readonly receiver: FixReceiver;
  /** The application was told of the Logon, and not yet of the end. */
  declare private announced: boolean;
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
    this.profile = profile;
    this.identity = identity;
    this.context = context;
    this.connection = connection;
    this.store = store;
    this.sender = new FixSender(connection, store, context.writer, identity);
    this.admin = new AdminMessages(this.sender, identity, () => context.nowMs());
    this.incoming = new IncomingNumbers(store, context.limits, () => connection.markDirty());
    this.heartbeat = new HeartbeatWatch(context.nowMs());
    const { sender, admin, incoming, heartbeat } = this;
    this.receiver = new FixReceiver(this, context, { store, validator, sender, admin, incoming, heartbeat });
    this.announced = false;
    this.isOver = false;
    this.garbled = false;
    this.logoutSentMs = -1;
    this.logoutReason = '';
    this.loggedOut = false;
    this.drainWanted = false;
    store.listen(this);
  }

  get loggedOn(): boolean {
    return this.announced && !this.isOver && this.logoutSentMs < 0;
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
    return this.incoming.hold();
  }

  takeHeld(): void {
    this.connection.takeHeld();
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
    this.admin.reject(message, reason, refTag, text);
  }

  businessReject(message: FixMessage, reason: BusinessRejectReason, text: string, refId = ''): void {
    const writer = this.sender.begin('j', this.context.nowMs());
    writeBusinessReject(writer, message, this.identity.beginString, reason, text, refId);
    this.send();
  }

  logout(reason: string): void {
    this.sendLogout(reason, reason);
  }

  get isLogoutSent(): boolean {
    return this.logoutSentMs >= 0;
  }

  /** Called by the receiver, too. */
  sendLogout(text: string, reason: string): void {
    if (this.isOver || this.logoutSentMs >= 0) return;
    this.admin.logout(text);
    this.logoutSentMs = this.context.nowMs();
    this.logoutReason = reason;
  }

  /** Called by the receiver. */
  endAfterLogout(): void {
    this.loggedOut = true;
    this.connection.close(this.logoutReason);
  }

  /** Called by the receiver. */
  end(reason: string): void {
    this.sendLogout(reason, reason);
    this.connection.close(reason);
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
      if (!this.receiver.takeEarly()) return this.#later();
      message.scan(bytes, from, to);
      if (!this.receiver.receive(message, from, to)) return this.#later();
      // What cannot be taken now comes before the next message, or with the next beat.
      this.receiver.takeEarly();
    } catch (error) {
      this.#fail(error);
    }
    return FrameVerdict.Taken;
  }

  #later(): FrameVerdict {
    this.receiver.keepWaiting();
    return FrameVerdict.Later;
  }

  /** Bytes were passed over: called by the connection. Their number, if they had one, will be missing. */
  onGarbled(length: number): void {
    this.heartbeat.lastReceivedMs = this.context.nowMs();
    // One line for a run of them: a counterparty does not fill the log.
    if (!this.garbled) {
      this.context.failure(
        { door: 'fix', session: this.profile.id, bytes: length },
        'garbled FIX message ignored',
      );
    }
    this.garbled = true;
  }

  /** Everything written has left: called by the connection. */
  onDrain(): void {
    this.#guard(() => {
      this.sender.continueResend(this.context.nowMs());
      if (this.isOver || this.sender.resending || !this.drainWanted) return;
      this.drainWanted = false;
      if (this.loggedOn) this.context.application.onDrain(this);
    });
  }

  get stored(): number {
    return this.store.stored;
  }

  flushStore(): number {
    let mark = this.store.stored;
    if (!this.isOver) return this.#guard(() => (mark = this.store.flush())) ? mark : -1;
    return mark;
  }

  /** Called by the store. */
  onStored(): void {
    this.connection.onStored();
  }

  /** Called by the store. */
  onReadable(): void {
    if (this.isOver) return;
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
    if (this.isOver) return;
    const { resetOnLogout = false, resetOnDisconnect = false } = this.profile;
    if (resetOnDisconnect || (resetOnLogout && this.loggedOut))
      this.#guard(() => this.store.reset(this.context.nowMs()));
    this.isOver = true;
    this.context.closing(this.store.close().catch((error) => this.#fail(error)));
    this.#announceEnd(reason);
  }

  #start(terms: LogonTerms): void {
    const { store, profile, context, incoming } = this;
    const nowMs = context.nowMs();
    this.heartbeat.intervalMs = terms.heartBtIntSeconds * 1_000;
    const refusal = this.#applySchedule(nowMs) ?? termsRefusal(terms, this.identity, context.limits);
    if (refusal !== '') {
      this.#refuse(refusal);
      return;
    }
    const resets = terms.resetSeqNumFlag || profile.resetOnLogon === true;
    const expected = resets ? 1 : incoming.next;
    const numbers = numbersRefusal(terms, expected, resets ? 1 : store.nextOutgoing);
    if (numbers !== '') {
      this.#refuse(numbers);
      return;
    }
    if (resets) store.reset(nowMs);
    incoming.use(terms.number);
    const logonNumber = store.nextOutgoing;
    this.admin.logon(terms, incoming.next);
    const { nextExpected } = terms;
    if (nextExpected >= 0 && nextExpected < logonNumber) this.sender.resend(nextExpected, logonNumber, nowMs);
    if (terms.number > expected) {
      // A counterparty that says what it expects learns from our answer what we expect, and sends it unasked.
      if (nextExpected < 0) this.receiver.requestResend(terms.number);
      else incoming.gap.opened(terms.number, nowMs);
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

  /** Ends a session that has not begun. */
  #refuse(reason: string): void {
    this.sendLogout(reason, `Logon refused: ${reason}`);
    this.connection.close(`Logon refused: ${reason}`);
  }

  #tick(nowMs: number): void {
    const { connection, sender, heartbeat, admin } = this;
    const { gap } = this.incoming;
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
    this.receiver.takeEarly();
    // A counterparty that is not read cannot be heard.
    if (connection.holding) heartbeat.lastReceivedMs = nowMs;
    if (gap.isLate(nowMs)) {
      if (gap.isExhausted) {
        this.logout('Resend Requests are not answered');
        return;
      }
      gap.askedAgain(nowMs);
      admin.resendRequest(this.incoming.next);
    }
    switch (heartbeat.due(nowMs, sender.lastSentMs)) {
      case HeartbeatAction.GiveUp:
        connection.close('no heartbeat in time');
        break;
      case HeartbeatAction.SendTestRequest:
        admin.testRequest();
        break;
      case HeartbeatAction.SendHeartbeat:
        admin.heartbeat();
    }
  }

  /** Tells the application of the end, once, if it was told of the Logon. */
  #announceEnd(reason: string): void {
    if (!this.announced) return;
    this.announced = false;
    this.#guard(() => this.context.application.onLogout(this, reason));
  }

  /** Runs what may fail, which ends the connection. @returns whether it did not */
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
    const session = this.profile.id;
    if (!(error instanceof FixStoreError)) {
      // A bug that one counterparty has met is not the end of all the others, nor of the doors beside this one.
      this.context.failure({ door: 'fix', session, error }, 'FIX session failed');
      this.sender.cancel();
      this.connection.drop('internal error');
      return;
    }
    const { code } = error;
    this.context.failure({ door: 'fix', session, code, error }, 'FIX session store failed');
    this.isOver = true;
    this.#announceEnd(error.message);
    this.connection.drop(error.message);
  }
}
