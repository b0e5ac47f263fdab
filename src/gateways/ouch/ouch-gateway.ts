import { randomInt } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { OuchCommandWriter, WriteOutcome } from '#codec/ouch/command-writer.ts';
import { OuchInstruments, whyNotOffered } from '#codec/ouch/instruments.ts';
import { AccountQuery, InstrumentQuery, SessionOptions } from '#codec/ouch/messages.ts';
import { OrderScales } from '#codec/ouch/order-scales.ts';
import { ReportSide } from '#codec/ouch/report-writer.ts';
import { PacketVerdict } from '#codec/soupbin/framer.ts';
import { LoginRejectCode, type LoginRequest, SoupPacket } from '#codec/soupbin/packets.ts';
import { CommandType } from '#domain/commands.ts';
import {
  CommandRejected,
  EventFlag,
  EventType,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  SessionClosed,
  SessionEnded,
  SessionOpened,
  Trade,
  UserAdded,
  UserEnabledSet,
  UserPasswordSet,
} from '#domain/events.ts';
import type { Clock, EventSink, ReportStore, SessionNames, TurnSink } from '#domain/ports.ts';
import { RejectCode, rejectName } from '#domain/rejects.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Credentials } from '../identity/password.ts';
import { UserDirectory } from '../identity/user-directory.ts';
import type { TlsFiles } from '../listener/tls-files.ts';
import { endedReason } from '../orders/edge-sessions.ts';
import type { GatewayLogger } from '../soupbin/logger.ts';
import { type LoginAnswer, type SoupDoor, type SoupLimits, SoupServer } from '../soupbin/server.ts';
import type { SoupSession } from '../soupbin/session.ts';
import { OuchQueries } from './ouch-queries.ts';
import { OuchSessions } from './ouch-sessions.ts';
import { type OuchSession, OuchUser } from './ouch-user.ts';
import { ReportSender } from './report-sender.ts';

export interface OuchGatewayOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** Name of the report stream, up to 10 characters; the same as long as the log is the same. Default HIVE. */
  readonly sessionName?: string;
  /** What a login means before the client says otherwise with Session Options. Default false. */
  readonly cancelOnDisconnect?: boolean;
  /** Reports kept in memory, of all users together: a power of two, about 170 bytes each. Default 65,536. */
  readonly recentReports?: number;
  /** undefined: plain TCP. */
  readonly tls?: TlsFiles;
  readonly limits?: Partial<SoupLimits>;
}

/** Queries that are answered in one turn of the event loop, of all clients together. */
const QUERIES_PER_TURN_MAX = 32;
const IMAGE = EventFlag.Image << 8;

type Session = SoupSession<OuchSession>;

/**
 * The order-entry door: OUCH 5.0 over SoupBinTCP, on the order path's thread.
 *
 * Messages of clients become commands in the sink. Events become reports: sequenced message n of a user is report n
 * of the log, so a client that comes back, here or at another node, asks for the first one that it lacks. Recent
 * reports come from memory, older ones from the report store; meanwhile new ones wait in the ring, in order.
 *
 * Feed it every event from the first on, or from a snapshot's images on.
 */
export class OuchGateway implements EventSink, SoupDoor<OuchSession> {
  readonly name = 'ouch';
  declare private readonly logger: GatewayLogger;
  declare private readonly sessionName: string;
  declare private readonly cancelOnDisconnect: boolean;
  declare private readonly instruments: OuchInstruments;
  declare private readonly scales: OrderScales;
  declare private readonly commands: OuchCommandWriter;
  declare private readonly queries: OuchQueries;
  declare private readonly sender: ReportSender;
  declare private readonly directory: UserDirectory;
  declare private readonly usersById: Map<number, OuchUser>;
  declare private readonly sessions: OuchSessions;
  declare private readonly server: SoupServer<OuchSession>;
  declare private answeredInTurn: number;
  /** Why nobody is let in. */
  declare private suspension: string | undefined;

  constructor(
    sink: TurnSink,
    sessionNames: SessionNames,
    store: ReportStore,
    clock: Clock,
    options: OuchGatewayOptions,
    logger: GatewayLogger,
  ) {
    this.logger = logger;
    this.sessionName = options.sessionName ?? 'HIVE';
    assert(/^[\x21-\x7e]{1,10}$/.test(this.sessionName), 'Condition: a session name has 1 to 10 characters');
    this.cancelOnDisconnect = options.cancelOnDisconnect ?? false;
    this.instruments = new OuchInstruments();
    this.scales = new OrderScales(randomInt(2 ** 31));
    this.commands = new OuchCommandWriter(this.instruments, this.scales, clock, sink);
    this.queries = new OuchQueries(this.instruments, clock);
    this.sender = new ReportSender(this.instruments, options.recentReports ?? 65_536, store, logger, () =>
      this.server.flush(),
    );
    this.directory = new UserDirectory();
    this.usersById = new Map();
    this.sessions = new OuchSessions(sink, sessionNames, this.usersById);
    this.answeredInTurn = 0;
    this.suspension = undefined;
    this.server = new SoupServer(this, options, logger);
  }

  /** Connections, logged in or not. */
  get connections(): number {
    return this.server.connections;
  }

  /** Sessions that are logged in, and logins that were refused since it was made: wrong ones, and those of which there were too many. */
  get logins(): { readonly sessions: number; readonly authFailures: number; readonly rateLimited: number } {
    const { loggedIn, loginFailures, loginsLimited } = this.server;
    return { sessions: loggedIn, authFailures: loginFailures, rateLimited: loginsLimited };
  }

  /**
   * Starts listening, also after `close`. Call it when the replica has caught up with the log, and the sessions that this node left open are closed.
   * @throws Error of node:net
   */
  listen(): Promise<AddressInfo> {
    this.sessions.forgetOwed();
    return this.server.listen();
  }

  /**
   * Ends every connection with the reason and stops listening: no End of Session, since the reports go on at the next start and at other
   * nodes. On return the sessions' CloseSession commands are in the sink, as far as it has room.
   */
  close(reason: string): Promise<void> {
    const closed = this.server.close(reason);
    this.sessions.payAtOnce();
    return closed;
  }

  /** Sends everybody away with the reason and lets nobody in, until it is called with undefined. */
  suspend(reason: string | undefined): void {
    this.suspension = reason;
    if (reason === undefined) return;
    for (const user of this.usersById.values()) user.session?.close(reason);
  }

  /** One beat of heartbeats and timeouts, for owners that set `limits.tickMs` to 0. */
  tick(): void {
    this.server.tick();
  }

  // Events in

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) this.#onEvent(words, at);
    this.server.flush();
  }

  #onEvent(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const type = i32[at] & 0xff;
    switch (type) {
      case EventType.OrderAccepted:
        this.#onOrder(words, at, i32[at + OrderAccepted.at.clientOrderId]);
        return;
      case EventType.OrderReplaced:
        this.scales.forget(i32[at + 6], i32[at + OrderReplaced.at.originalClientOrderId]);
        this.#onOrder(words, at, i32[at + OrderReplaced.at.clientOrderId]);
        return;
      case EventType.OrderCanceled:
        if (words.f64[(at + OrderCanceled.at.leavesQtyLots) >> 1] === 0) {
          this.scales.forget(i32[at + 6], i32[at + OrderCanceled.at.clientOrderId]);
        }
        break;
      case EventType.CommandRejected:
        this.#noteRejected(i32, at);
        break;
      case EventType.Trade:
        this.#onTrade(words, at);
        return;
      case EventType.AssetAdded:
        this.instruments.addAsset(words, at);
        break;
      case EventType.InstrumentAdded:
        this.#addInstrument(words, at);
        return;
      case EventType.SessionOpened:
        this.sessions.onOpenedInLog(
          i32[at + 6],
          i32[at + SessionOpened.at.nodeId],
          i32[at + SessionOpened.at.sessionId],
        );
        return;
      case EventType.SessionEnded:
        this.sessions.onEndedInLog(
          i32[at + 6],
          i32[at + SessionEnded.at.nodeId],
          i32[at + SessionEnded.at.sessionId],
          endedReason(words, at),
        );
        return;
      case EventType.SessionClosed:
        // This door ends a session before it says so to the log: one that goes on was ended by another node, to which this one was silent.
        this.sessions.onEndedInLog(
          i32[at + 6],
          i32[at + SessionClosed.at.nodeId],
          i32[at + SessionClosed.at.sessionId],
          'this node was cut off from the venue, which ended the session: log in again',
        );
        return;
      case EventType.UserAdded:
      case EventType.UserPasswordSet:
      case EventType.UserEnabledSet:
        this.#onIdentity(words, at);
        return;
    }
    const number = words.f64[(at + 8) >> 1];
    if (number !== 0 && (i32[at] & IMAGE) === 0) {
      this.#report(i32[at + 6], number, words, at, ReportSide.Owner);
    }
  }

  #onTrade(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const { at: field } = Trade;
    const makerUserId = i32[at + field.makerUserId];
    const takerUserId = i32[at + field.takerUserId];
    if (f64[(at + field.makerLeavesQtyLots) >> 1] === 0) {
      this.scales.forget(makerUserId, i32[at + field.makerClientOrderId]);
    }
    if (f64[(at + field.takerLeavesQtyLots) >> 1] === 0) {
      this.scales.forget(takerUserId, i32[at + field.takerClientOrderId]);
    }
    const makerNumber = f64[(at + field.makerReportNumber) >> 1];
    const takerNumber = f64[(at + field.takerReportNumber) >> 1];
    // Both sides may be one user in an auction: then in the order of their numbers.
    if (makerNumber <= takerNumber || makerUserId !== takerUserId) {
      if (makerNumber !== 0) this.#report(makerUserId, makerNumber, words, at, ReportSide.Maker);
      if (takerNumber !== 0) this.#report(takerUserId, takerNumber, words, at, ReportSide.Taker);
    } else {
      if (takerNumber !== 0) this.#report(takerUserId, takerNumber, words, at, ReportSide.Taker);
      this.#report(makerUserId, makerNumber, words, at, ReportSide.Maker);
    }
  }

  #report(userId: number, number: number, words: WordBuffer, at: number, side: ReportSide): void {
    const user = this.usersById.get(userId);
    if (user !== undefined) this.sender.report(user, number, words, at, side);
  }

  /** Takes the acceptance, or the image, of an order. The user is looked up once. */
  #onOrder(words: WordBuffer, at: number, userRefNum: number): void {
    const { i32, f64 } = words;
    const userId = i32[at + 6];
    const instrument = this.instruments.byId(i32[at + 1]);
    if (instrument !== undefined) {
      this.scales.note(userId, userRefNum, instrument.priceFactor, this.instruments.commonPriceFactor);
    }
    const user = this.usersById.get(userId);
    if (user === undefined) return;
    if (userRefNum > user.lastUserRefNum) user.lastUserRefNum = userRefNum;
    const number = f64[(at + 8) >> 1];
    if (number !== 0 && (i32[at] & IMAGE) === 0)
      this.sender.report(user, number, words, at, ReportSide.Owner);
  }

  #noteRejected(i32: Int32Array, at: number): void {
    const { commandType: word, clientOrderId } = CommandRejected.at;
    const commandType = i32[at + word] & 0xff;
    if (commandType === CommandType.OpenSession) this.#onSessionRefused(i32[at + 6], i32[at + word] >>> 16);
    if (commandType !== CommandType.NewOrder && commandType !== CommandType.ReplaceOrder) return;
    // A number that was used before may be a live order's.
    if (i32[at + word] >>> 16 === RejectCode.DUPLICATE_CLIENT_ORDER_ID) return;
    this.scales.forget(i32[at + 6], i32[at + clientOrderId]);
    this.#noteUserRefNum(i32[at + 6], i32[at + clientOrderId]);
  }

  #onSessionRefused(userId: number, code: number): void {
    const session = this.usersById.get(userId)?.session;
    // One whose opening is answered: it is another session of the user, of another door or node.
    if (session === undefined || (session.state as OuchSession).opensInFlight === 0) return;
    session.close(`the venue refused the session: ${rejectName(code)}`);
  }

  #noteUserRefNum(userId: number, userRefNum: number): void {
    const user = this.usersById.get(userId);
    if (user !== undefined && userRefNum > user.lastUserRefNum) user.lastUserRefNum = userRefNum;
  }

  #addInstrument(words: WordBuffer, at: number): void {
    const instrument = this.instruments.add(words, at);
    if (instrument.offered) return;
    this.logger.warn(
      {
        door: this.name,
        symbol: String.fromCharCode(...instrument.symbol).trimEnd(),
        reason: whyNotOffered(instrument.priceFactor, instrument.maxQtyLots),
      },
      'instrument is not offered on this door',
    );
  }

  /** What a login is decided by. API keys and the like are not for this door. */
  #onIdentity(words: WordBuffer, at: number): void {
    const { i32 } = words;
    this.directory.take(words, at);
    switch (i32[at] & 0xff) {
      case EventType.UserAdded: {
        const standing = this.directory.user(i32[at + UserAdded.at.newUserId]);
        if (standing !== undefined) this.usersById.set(standing.userId, new OuchUser(standing));
        return;
      }
      case EventType.UserEnabledSet: {
        const user = this.usersById.get(i32[at + UserEnabledSet.at.targetUserId]);
        if (user?.standing.isEnabled === false) user.session?.close('the user was disabled');
        return;
      }
      case EventType.UserPasswordSet: {
        const user = this.usersById.get(i32[at + UserPasswordSet.at.targetUserId]);
        if (user?.standing.mustChangePassword === true) user.session?.close(PASSWORD_CHANGE_REQUIRED);
      }
    }
  }

  // Logins

  /** User names are compared without regard to case, here and by SoupBinTCP. */
  credentials(username: string): Credentials | undefined {
    return this.directory.userByName(username);
  }

  onLogin(session: Session, request: LoginRequest): LoginAnswer {
    const user = this.usersById.get(this.directory.userByName(request.username)?.userId ?? 0);
    assert(user !== undefined, 'Invariant: only users of the venue have credentials');
    if (this.suspension !== undefined) return refused(this.suspension);
    if (request.session !== '' && request.session !== this.sessionName) {
      return refused(`the session here is ${this.sessionName}`);
    }
    if (request.sequenceNumber > user.reportCount + 1) {
      return refused(`the next sequence number is ${user.reportCount + 1}`);
    }
    if (!user.standing.isEnabled) return refused('the user is disabled');
    if (user.standing.mustChangePassword) return refused(PASSWORD_CHANGE_REQUIRED);
    const sessionId = this.sessions.begin(user, this.cancelOnDisconnect);
    if (sessionId === -1) return refused('the venue takes no commands now');
    const nextNumber = request.sequenceNumber === 0 ? user.reportCount + 1 : request.sequenceNumber;
    user.isKnownHere = true;
    user.session = session;
    session.state = {
      user,
      nextNumber,
      isLive: false,
      cursor: 0,
      isReading: false,
      toldOfIgnored: false,
      sessionId,
      opensInFlight: 1,
      isOpenInLog: false,
    };
    return { accepted: true, session: this.sessionName, nextSequence: nextNumber };
  }

  onLoggedIn(session: Session): void {
    this.sender.catchUp(session);
  }

  traceOf(session: Session): { readonly userId: number; readonly sessionId: number } {
    const { user, sessionId } = session.state as OuchSession;
    return { userId: user.userId, sessionId };
  }

  onClosed(session: Session): void {
    const state = session.state as OuchSession;
    assert(state.user.session === session, 'Invariant: a user has one session');
    state.user.session = undefined;
    this.sessions.onClosed(state);
  }

  onDrain(session: Session): void {
    this.sender.catchUp(session);
  }

  // Messages in

  onMessage(session: Session, bytes: Uint8Array, from: number, to: number): PacketVerdict {
    const state = session.state as OuchSession;
    switch (to > from ? bytes[from] : 0) {
      case AccountQuery.type:
        if (!this.#mayAnswer()) return PacketVerdict.Later;
        return this.#answer(session, this.queries.account(state.user, bytes, from, to), 'Account Query');
      case SessionOptions.type:
        return this.#sessionOptions(session, state, bytes, from, to);
      case InstrumentQuery.type:
        if (!this.#mayAnswer()) return PacketVerdict.Later;
        return this.#answer(session, this.queries.instrument(bytes, from, to), 'Instrument Query');
    }
    switch (this.commands.write(state.user, bytes, from, to)) {
      case WriteOutcome.Written:
        state.toldOfIgnored = false;
        return PacketVerdict.Taken;
      case WriteOutcome.Full:
        return PacketVerdict.Later;
      case WriteOutcome.Malformed:
        return this.#violation(session, this.commands.fault);
      case WriteOutcome.Ignored:
        this.#tellOfIgnored(session, state, this.commands.ignoredRefNum);
        return PacketVerdict.Taken;
    }
  }

  #violation(session: Session, fault: string): PacketVerdict {
    session.close(`protocol violation: ${fault}`);
    return PacketVerdict.Stop;
  }

  /** Once until a message is taken: a client that sends all of its messages again is not told of each. */
  #tellOfIgnored(session: Session, state: OuchSession, userRefNum: number): void {
    if (state.toldOfIgnored) return;
    state.toldOfIgnored = true;
    const text = `ignored: UserRefNum ${userRefNum} must be above ${state.user.lastUserRefNum}; said once until a message is taken`;
    session.send(SoupPacket.Debug, Buffer.from(text));
  }

  #sessionOptions(
    session: Session,
    state: OuchSession,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): PacketVerdict {
    const choice = bytes[from + SessionOptions.at.cancelOnDisconnect];
    if (to - from !== SessionOptions.bytes || (choice !== YES && choice !== NO)) {
      return this.#violation(session, 'malformed Session Options');
    }
    if (!this.sessions.open(state.user, state.sessionId, choice === YES)) return PacketVerdict.Later;
    state.opensInFlight++;
    return PacketVerdict.Taken;
  }

  /** Orders do not wait for more queries than a turn has. Further ones wait for the next. */
  #mayAnswer(): boolean {
    if (this.answeredInTurn === 0) setImmediate(() => (this.answeredInTurn = 0));
    return this.answeredInTurn++ < QUERIES_PER_TURN_MAX;
  }

  /** @param answer undefined: the message, of this kind, is malformed */
  #answer(session: Session, answer: Uint8Array | undefined, kind: string): PacketVerdict {
    if (answer === undefined) return this.#violation(session, `malformed ${kind}`);
    session.send(SoupPacket.UnsequencedData, answer);
    return PacketVerdict.Taken;
  }
}

const PASSWORD_CHANGE_REQUIRED = 'the password must be changed first, at another door';
const YES = 0x59;
const NO = 0x4e;

const refused = (reason: string): LoginAnswer => ({
  accepted: false,
  code: LoginRejectCode.SessionNotAvailable,
  reason,
});
