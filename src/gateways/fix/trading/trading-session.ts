import { setTimeout as sleep } from 'node:timers/promises';
import type { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { SessionRejectReason } from '#codec/fix/rejects.ts';
import { msgTypeCode } from '#codec/fix/tags.ts';
import { CommandType, Door } from '#domain/commands.ts';
import type { OrderRecord } from '#domain/history.ts';
import { type InstrumentView, ViewChange } from '#domain/market-views.ts';
import type { DeskUser } from '../../orders/desk-user.ts';
import { isOfIdentity } from '../../orders/entering-orders.ts';
import { UserUnavailableError } from '../../orders/order-desk.ts';
import { type Report, ReportKind } from '../../orders/report.ts';
import type { ReportFeed, ReportListener } from '../../orders/report-feed.ts';
import { type FixApplicationSession, FixVerdict } from '../session/application.ts';
import { AnswerPace } from './answer-pace.ts';
import type { AskedRequests } from './asked-requests.ts';
import { ResponseTo } from './cancel-reject.ts';
import { ExecutionReports } from './execution-report.ts';
import type { FixInstruments } from './instruments.ts';
import { MarketData } from './market-data.ts';
import { notAuthorised, OrderEntry } from './order-entry.ts';
import { OutgoingJobs } from './outgoing-jobs.ts';
import { ReferenceData } from './reference-data.ts';
import type { TradingProfile, TradingServices } from './services.ts';
import { StatusRequests } from './status-requests.ts';

/** Until a user that cannot be loaded now is tried again. */
const RETRY_MS = 100;
/** How long this node may lack what the log had when the session logged on. */
const BEHIND_MS_MAX = 10_000;
const ENDED = 'this node was cut off from the log of the venue, which ended the session: log on again';

/** Longest value of a field of a counterparty's message, but for text that no answer repeats. */
const FIELD_BYTES_MAX = 128;
/** Text, EncodedText; XmlData, SecureData and Signature of the header and trailer. */
const FREE_TEXT: ReadonlySet<number> = new Set([58, 355, 213, 91, 89]);

const NewOrderSingle = msgTypeCode('D');
const OrderCancelRequest = msgTypeCode('F');
const OrderCancelReplaceRequest = msgTypeCode('G');
const OrderMassCancelRequest = msgTypeCode('q');
const OrderStatusRequest = msgTypeCode('H');
const OrderMassStatusRequest = msgTypeCode('AF');
const MarketDataRequest = msgTypeCode('V');
const SecurityListRequest = msgTypeCode('x');
const TradingSessionStatusRequest = msgTypeCode('g');
const BusinessMessageReject = msgTypeCode('j');

/** What is answered without a command. */
const QUESTIONS: ReadonlySet<number> = new Set([
  OrderStatusRequest,
  OrderMassStatusRequest,
  MarketDataRequest,
  SecurityListRequest,
  TradingSessionStatusRequest,
]);

/** A user whose reports a session gets. */
interface Followed {
  readonly user: DeskUser;
  readonly feed: ReportFeed;
}

/**
 * One session of the trading application while it is connected. It sends every report of its user once and in order: the
 * session's store keeps the number of the last one with its message, so that the next connection, or the next process, goes on
 * behind it. A session that is new begins with what happens from then on.
 */
export class TradingSession {
  declare private readonly session: FixApplicationSession;
  declare private readonly profile: TradingProfile;
  declare private readonly services: TradingServices;
  declare private readonly instruments: FixInstruments;
  declare private readonly asked: AskedRequests;
  declare private readonly reports: ExecutionReports;
  /** The session may want to know of changes of the views from now on. */
  declare private readonly onWatch: () => void;
  declare private readonly pace: AnswerPace;
  declare private readonly jobs: OutgoingJobs;
  declare private readonly referenceData: ReferenceData;
  declare private readonly marketData: MarketData;
  declare private readonly followed: Followed[];
  /** Undefined until the user is loaded, and for drop copy. */
  declare private orders: OrderEntry | undefined;
  declare private status: StatusRequests | undefined;
  declare private isOpen: boolean;
  declare private readonly over: AbortController;
  /** Name of the session in the log; 0: it is not open there. */
  declare private logSessionId: number;
  /** Resolves when the counterparty has read what was sent. */
  declare private drained: PromiseWithResolvers<void> | undefined;

  constructor(
    session: FixApplicationSession,
    services: TradingServices,
    instruments: FixInstruments,
    asked: AskedRequests,
    onWatch: () => void,
  ) {
    const profile = session.profile as TradingProfile;
    const { views } = services;
    this.session = session;
    this.profile = profile;
    this.services = services;
    this.instruments = instruments;
    this.asked = asked;
    this.onWatch = onWatch;
    const version = session.identity.beginString as FixVersion;
    this.reports = new ExecutionReports(version, instruments, profile.copyOf !== undefined);
    this.pace = new AnswerPace(() => this.#onTurn());
    this.jobs = new OutgoingJobs(session, this.pace);
    this.referenceData = new ReferenceData(session, views, instruments, this.jobs, this.pace);
    this.marketData = new MarketData(session, views, instruments, this.pace);
    this.followed = [];
    this.orders = undefined;
    this.status = undefined;
    this.isOpen = false;
    this.over = new AbortController();
    this.logSessionId = 0;
    this.drained = undefined;
  }

  /** Loads the users and begins with their reports. */
  async open(): Promise<void> {
    const { userId, copyOf } = this.profile;
    for (const id of copyOf ?? [userId]) {
      if ((await this.#load(id)) === undefined || !(await this.#openInLog())) return;
      const user = await this.#loadKnowing(id);
      if (user === undefined) return;
      if (this.session.lastReport(id) < 0) this.session.noteReport(id, user.reportCount);
      if (copyOf === undefined) this.#takeOrders(user);
      const feed = user.follow(this.session.lastReport(id) + 1, this.#listenerFor());
      this.followed.push({ user, feed });
    }
    this.isOpen = true;
    this.services.flushSoon();
  }

  /** One application message. */
  onMessage(message: FixMessage): FixVerdict {
    const { orders, status } = this;
    // While the views begin anew no symbol is known.
    if (!this.isOpen || !this.services.views.isReady) return FixVerdict.Later;
    if (!this.#isBounded(message)) return FixVerdict.Taken;
    if (QUESTIONS.has(message.msgType)) {
      if (this.pace.isSpent) return FixVerdict.Later;
      this.pace.spend(1);
    }
    switch (message.msgType) {
      case MarketDataRequest:
        this.onWatch();
        return this.marketData.request(message);
      case SecurityListRequest:
        return this.referenceData.list(message);
      case TradingSessionStatusRequest:
        this.onWatch();
        return this.referenceData.tradingStatus(message);
      case NewOrderSingle:
        return orders?.newOrder(message) ?? this.#readOnly(message);
      case OrderCancelRequest:
        return orders?.cancel(message) ?? this.#readOnly(message);
      case OrderCancelReplaceRequest:
        return orders?.replace(message) ?? this.#readOnly(message);
      case OrderMassCancelRequest:
        return orders?.massCancel(message) ?? this.#readOnly(message);
      case OrderStatusRequest:
        return status?.one(message) ?? this.#readOnly(message);
      case OrderMassStatusRequest:
        return status?.many(message) ?? this.#readOnly(message);
      case BusinessMessageReject:
        // Refusals that refuse each other would have no end.
        return FixVerdict.Taken;
      default:
        return FixVerdict.Unsupported;
    }
  }

  /** The counterparty has read what was sent. */
  onDrain(): void {
    this.drained?.resolve();
    this.drained = undefined;
    this.jobs.run();
    this.referenceData.sendChanged();
    this.marketData.send();
  }

  onViewChange(view: InstrumentView, changes: number): void {
    this.marketData.onViewChange(view, changes);
    if ((changes & ViewChange.Status) !== 0) this.referenceData.onStatus(view);
  }

  onViewRestart(): void {
    this.marketData.onViewRestart();
  }

  /** The connection is over. */
  close(): void {
    this.over.abort();
    for (const { user, feed } of this.followed.splice(0)) user.unfollow(feed);
    this.drained?.resolve();
    if (this.logSessionId !== 0) this.services.edgeSessions.close(this.logSessionId);
  }

  /** The user, as soon as it can be had; undefined when the session is over first. */
  async #load(userId: number): Promise<DeskUser | undefined> {
    while (!this.over.signal.aborted) {
      try {
        const user = await this.services.desk.open(userId);
        return this.over.signal.aborted ? undefined : user;
      } catch (error) {
        if (!(error instanceof UserUnavailableError)) throw error;
        if (error.code === 'UNKNOWN') {
          this.session.logout(error.message);
          this.services.flushSoon();
          return undefined;
        }
        const fields = { door: 'fix', session: this.profile.id, userId, reason: error.message };
        if (error.code === 'ARCHIVE') this.services.logger.warn(fields, 'the session waits for its user');
        await this.#pause(RETRY_MS);
      }
    }
    return undefined;
  }

  /**
   * Tells the log of the session, once, and waits until this node has all that the log had before: what the session did at another
   * node is known here then. @returns false when it must not go on
   */
  async #openInLog(): Promise<boolean> {
    if (this.profile.copyOf !== undefined) return true;
    const { edgeSessions } = this.services;
    const { userId, cancelOnDisconnect } = this.profile;
    const onEnded = (reason = ENDED): void => this.#end(reason);
    this.logSessionId = edgeSessions.open(userId, Door.Fix, cancelOnDisconnect, onEnded);
    if (this.logSessionId !== 0) {
      const fields = { door: 'fix', session: this.profile.id, userId, sessionId: this.logSessionId };
      this.services.logger.info(fields, 'session in the log');
      const late = this.#pause(BEHIND_MS_MAX).then(() => 'late');
      if ((await Promise.race([edgeSessions.opened(this.logSessionId), late])) !== 'late')
        return !this.over.signal.aborted;
    }
    this.#end('the venue takes no commands now');
    return false;
  }

  /**
   * The user, once what was sent is in this log: a store from beside another one is of no use. Of others than its own user, this node
   * may lack it yet. It may be another object than before, because the desk forgets who is not followed. Undefined: the session must not go on.
   */
  async #loadKnowing(userId: number): Promise<DeskUser | undefined> {
    const last = this.session.lastReport(userId);
    let leftMs = this.profile.copyOf === undefined ? 0 : BEHIND_MS_MAX;
    for (;;) {
      const user = await this.#load(userId);
      if (user === undefined || last <= user.reportCount) return user;
      if (leftMs <= 0) {
        const { reportCount } = user;
        const fields = { door: 'fix', session: this.profile.id, userId, last, reportCount };
        const advice = 'its store is of another log: remove it (docs/protocols/fix.md, "The store")';
        this.services.logger.warn(fields, `the session was told more reports than there are; ${advice}`);
        this.#end('the session was told more reports than there are');
        return undefined;
      }
      await this.#pause(RETRY_MS);
      leftMs -= RETRY_MS;
    }
  }

  #end(reason: string): void {
    if (this.over.signal.aborted) return;
    this.session.logout(reason);
    this.services.flushSoon();
  }

  /** Waits, but not beyond the end of the session. */
  async #pause(timeoutMs: number): Promise<void> {
    await sleep(timeoutMs, undefined, { signal: this.over.signal, ref: false }).catch(() => {});
  }

  #takeOrders(user: DeskUser): void {
    const { session, services, instruments, reports, asked, jobs, pace } = this;
    this.orders = new OrderEntry(session, user, services, instruments, reports, asked);
    this.status = new StatusRequests(session, user, services, instruments, reports, asked, jobs, pace);
  }

  /** A turn was spent, and the next one has come. */
  #onTurn(): void {
    this.jobs.run();
    this.services.flushSoon();
  }

  /** Answers repeat ids and symbols: none may be longer than an answer has room for. */
  #isBounded(message: FixMessage): boolean {
    const { tags, starts, ends, count } = message;
    for (let i = 0; i < count; i++) {
      if (ends[i] - starts[i] <= FIELD_BYTES_MAX || FREE_TEXT.has(tags[i])) continue;
      const text = `longer than ${FIELD_BYTES_MAX} bytes`;
      this.session.rejectMessage(message, SessionRejectReason.ValueIncorrect, tags[i], text);
      return false;
    }
    return true;
  }

  #readOnly(message: FixMessage): FixVerdict {
    return notAuthorised(this.session, message, 'a drop copy session is read-only');
  }

  #listenerFor(): ReportListener {
    return {
      onReport: (report, order, original) => {
        if (!this.session.loggedOn) return undefined;
        this.#onReport(report, order, original);
        this.services.flushSoon();
        return this.session.isFull ? this.#untilDrained() : undefined;
      },
      onFeedFailed: (error) => {
        this.session.logout(`reports cannot be read: ${error.message}`);
        this.services.flushSoon();
      },
    };
  }

  #untilDrained(): Promise<void> {
    this.drained ??= Promise.withResolvers();
    this.session.wantDrain();
    return this.drained.promise;
  }

  #onReport(report: Report, order: OrderRecord | undefined, original: OrderRecord | undefined): void {
    const { session, asked } = this;
    switch (report.kind) {
      case ReportKind.Rejected:
        this.#onRejected(report);
        return;
      case ReportKind.MassCanceled:
        this.#onMassCanceled(report);
        return;
      case ReportKind.Accepted:
        asked.takeOrder(report.clientTag);
        this.reports.write(session.begin('8'), report, order, undefined, undefined);
        break;
      case ReportKind.Replaced: {
        const request = asked.takeOrder(report.clientTag);
        this.reports.write(session.begin('8'), report, order, original, request);
        break;
      }
      case ReportKind.Canceled:
        if (!report.isForeign) asked.takeCancel(report.clientOrderId, report.requestTag);
        this.reports.write(session.begin('8'), report, order, undefined, undefined);
        break;
      default:
        this.reports.write(session.begin('8'), report, order, undefined, undefined);
    }
    session.send(report.userId, report.number);
  }

  /**
   * A refused order is reported to everyone; a refused cancel or replace to the session that asked for it. What was refused
   * because its number or text was used says nothing of the order that has the ClOrdID: OrderEntry answers who asked, unless the answer
   * was given up.
   */
  #onRejected(report: Report): void {
    const { session, asked, orders } = this;
    const { commandType, userId, number, clientTag } = report;
    const isAsked = asked.hasOrder(clientTag);
    // The same ClOrdID is on its way from here: its own answer is the one that counts.
    const isOutdated = report.isForeign && isAsked;
    const isGivenUp = isAsked && orders?.isEntering(clientTag) === false;
    if (isOutdated || (isOfIdentity(report.rejectCode) && !isGivenUp)) {
      session.noteReport(userId, number);
      return;
    }
    if (commandType === CommandType.NewOrder) {
      this.reports.writeRejected(session.begin('8'), report, asked.takeOrder(report.clientTag));
      session.send(userId, number);
      return;
    }
    if (commandType === CommandType.MassCancel) {
      this.#onMassCanceled(report);
      return;
    }
    const isReplace = commandType === CommandType.ReplaceOrder;
    const isCancel = commandType === CommandType.CancelOrder;
    const isAnswer = !report.isForeign;
    const request =
      isAnswer && isReplace
        ? asked.takeOrder(report.clientTag)
        : isAnswer && isCancel
          ? asked.takeCancel(report.clientOrderId, report.requestTag)
          : undefined;
    if (request === undefined || this.orders === undefined) {
      session.noteReport(userId, number);
      return;
    }
    const atMs = report.timeSeconds * 1_000 + Math.floor(report.timeNanos / 1_000_000);
    const responseTo = isReplace ? ResponseTo.Replace : ResponseTo.Cancel;
    this.orders.writeLoggedReject(request, responseTo, report.rejectCode, atMs);
    session.send(userId, number);
  }

  /** The orders have reports of their own; who asked gets an Order Mass Cancel Report. */
  #onMassCanceled(report: Report): void {
    const { session, asked, orders } = this;
    const { userId, number, clientOrderId } = report;
    const request = report.isForeign ? undefined : asked.takeMassCancel(clientOrderId);
    if (request === undefined || orders === undefined) {
      session.noteReport(userId, number);
      return;
    }
    orders.writeMassCanceled(request, report);
    session.send(userId, number);
  }
}
