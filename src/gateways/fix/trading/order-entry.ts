import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { FixWriter } from '#codec/fix/fix-writer.ts';
import { CxlRejReason, cxlRejReasonOf, rejectText } from '#codec/fix/reject-reasons.ts';
import { BusinessRejectReason, SessionRejectReason } from '#codec/fix/rejects.ts';
import { Tag } from '#codec/fix/tags.ts';
import { CancelReason } from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import { type RejectName, rejectName } from '#domain/rejects.ts';
import type { DeskUser } from '../../orders/desk-user.ts';
import { isOfIdentity } from '../../orders/entering-orders.ts';
import type { Report } from '../../orders/report.ts';
import type { Outcome } from '../../orders/requests.ts';
import { type FixApplicationSession, FixVerdict } from '../session/application.ts';
import { askedBy, orderIdAsked, SIDE_ASKED, sideAsked } from './asked-fields.ts';
import type { AskedRequests, MassCancelAsked } from './asked-requests.ts';
import { ResponseTo, writeCancelReject } from './cancel-reject.ts';
import type { ExecutionReports } from './execution-report.ts';
import type { FixInstruments } from './instruments.ts';
import { OrderReader } from './order-reader.ts';
import { RepeatedOrders } from './repeated-orders.ts';
import type { OrderAsked } from './report-values.ts';
import type { TradingServices } from './services.ts';

/** Longest ClOrdID: the platform's clientTag. */
export const CL_ORD_ID_MAX = 36;
const USED = 'there was an order with this ClOrdID before';
/** Questions to history of one session that wait for their answer. */
const LOOKUPS_MAX = 64;
const NOT_NOW = 'the venue cannot take it now: send it again later, with another ClOrdID';

/** MassCancelRequestType (530). */
const MassCancelType = { Security: '1', All: '7' } as const;
const MASS_CANCEL_REJECTED = '0';
const MassCancelRejectReason = { NotSupported: 0, UnknownSecurity: 1, Other: 99 } as const;

/**
 * The orders of one connected session: D, F, G and q go to the desk; what becomes of them comes back as reports, which the
 * session writes. Only what never reaches the log is answered here.
 */
export class OrderEntry {
  declare private readonly session: FixApplicationSession;
  declare private readonly version: FixVersion;
  declare private readonly user: DeskUser;
  declare private readonly services: TradingServices;
  declare private readonly instruments: FixInstruments;
  declare private readonly reader: OrderReader;
  declare private readonly reports: ExecutionReports;
  declare private readonly asked: AskedRequests;
  declare private readonly repeats: RepeatedOrders;
  /** Of requests that were given up without an answer: they are in the log, if at all, before what is answered later. */
  declare private unanswered: (() => void)[];
  /** Cancels and replaces of which history is asked. */
  declare private lookups: number;

  constructor(
    session: FixApplicationSession,
    user: DeskUser,
    services: TradingServices,
    instruments: FixInstruments,
    reports: ExecutionReports,
    asked: AskedRequests,
  ) {
    this.session = session;
    this.version = session.identity.beginString as FixVersion;
    this.user = user;
    this.services = services;
    this.instruments = instruments;
    this.reader = new OrderReader(instruments);
    this.reports = reports;
    this.asked = asked;
    this.repeats = new RepeatedOrders(user, services.archive, () => session.takeHeld());
    this.unanswered = [];
    this.lookups = 0;
  }

  /** NewOrderSingle (D). */
  newOrder(message: FixMessage): FixVerdict {
    // The number of an order that is on its way is not certain.
    const partner = message.text(AppTag.ClOrdLinkID) ?? '';
    if (this.asked.isFull || this.user.isEntering(partner)) return FixVerdict.Later;
    const clOrdId = this.#clOrdId(message);
    if (clOrdId === '') return FixVerdict.Taken;
    const asked = askedBy(message, clOrdId);
    const isRepeat = isRepeated(message);
    if (isRepeat && this.user.numberOf(clOrdId) === 0 && !this.user.isEntering(clOrdId)) {
      const known = this.repeats.find(clOrdId, message.isYes(Tag.PossResend));
      if (known === 'later') return FixVerdict.Later;
      if (known !== undefined) {
        this.#status(known);
        return FixVerdict.Taken;
      }
    }
    const request = this.reader.newOrder(message, this.user, clOrdId);
    if (request === undefined) {
      this.#refuse(asked, this.reader.fault, this.reader.faultText);
      return FixVerdict.Taken;
    }
    const isNew = this.asked.addOrder(asked);
    const forget = (): void => {
      if (isNew) this.asked.takeOrder(clOrdId);
    };
    return this.#send(
      (onOutcome) => this.user.place(request, onOutcome),
      (outcome) => {
        if (isReported(outcome)) return;
        forget();
        if (outcome.kind === 'repeat' && isRepeat) this.#status(outcome.order);
        else if (outcome.kind === 'refused') this.#refuse(asked, 'CAPACITY', NOT_NOW);
        else this.#refuse(asked, 'DUPLICATE_CLIENT_TAG', USED);
      },
      forget,
    );
  }

  /** OrderCancelReplaceRequest (G). */
  replace(message: FixMessage): FixVerdict {
    if (this.#hasToWait(message)) return FixVerdict.Later;
    const clOrdId = this.#clOrdId(message);
    if (clOrdId === '') return FixVerdict.Taken;
    const order = this.#orderOf(message);
    const asked = askedBy(message, clOrdId, order);
    const isRepeat = isRepeated(message);
    const known = this.user.orders.withTag(clOrdId);
    if (known !== undefined) {
      if (isRepeat) this.#status(known);
      else this.#rejectCancel(asked, order, ResponseTo.Replace, 'DUPLICATE_CLIENT_TAG');
      return FixVerdict.Taken;
    }
    if (isRepeat) {
      const ended = this.repeats.find(clOrdId, message.isYes(Tag.PossResend));
      if (ended === 'later') return FixVerdict.Later;
      // One that was refused is refused again: only then is it told why.
      if (ended !== undefined && ended.orderId !== 0) {
        this.#status(ended);
        return FixVerdict.Taken;
      }
    }
    if (!this.#isLive(message, asked, order, ResponseTo.Replace)) return FixVerdict.Taken;
    const request = this.reader.replace(message, this.user, clOrdId, order);
    if (request === undefined) {
      this.#rejectCancel(asked, order, ResponseTo.Replace, this.reader.fault, this.reader.faultText);
      return FixVerdict.Taken;
    }
    this.asked.addOrder(asked);
    const forget = (): void => {
      this.asked.takeOrder(clOrdId);
    };
    return this.#send(
      (onOutcome) => this.user.replace(request, onOutcome),
      (outcome) => {
        if (isReported(outcome)) return;
        forget();
        const now = this.user.orders.byNumber(order.clientOrderId);
        if (outcome.kind === 'repeat' && isRepeat) this.#status(outcome.order);
        else if (outcome.kind === 'refused')
          this.#rejectCancel(asked, now, ResponseTo.Replace, 'CAPACITY', NOT_NOW);
        else this.#rejectCancel(asked, now, ResponseTo.Replace, 'DUPLICATE_CLIENT_TAG');
      },
      forget,
    );
  }

  /** OrderCancelRequest (F). */
  cancel(message: FixMessage): FixVerdict {
    if (this.#hasToWait(message)) return FixVerdict.Later;
    const clOrdId = this.#clOrdId(message);
    if (clOrdId === '') return FixVerdict.Taken;
    const order = this.#orderOf(message);
    const asked = askedBy(message, clOrdId, order);
    if (isRepeated(message) && order !== undefined && isCanceledOnRequest(order)) {
      this.#status(order);
      return FixVerdict.Taken;
    }
    if (this.user.orders.withTag(clOrdId) !== undefined) {
      this.#rejectCancel(asked, order, ResponseTo.Cancel, 'DUPLICATE_CLIENT_TAG');
      return FixVerdict.Taken;
    }
    if (!this.#isLive(message, asked, order, ResponseTo.Cancel)) return FixVerdict.Taken;
    if (!this.reader.cancel(message, this.user, order)) {
      this.#rejectCancel(asked, order, ResponseTo.Cancel, this.reader.fault, this.reader.faultText);
      return FixVerdict.Taken;
    }
    const { instrumentId, clientOrderId: number } = order;
    this.asked.addCancel(number, asked);
    const forget = (): void => this.asked.dropCancel(number, asked);
    return this.#send(
      (onOutcome) => this.user.cancel(instrumentId, number, 0, clOrdId, onOutcome),
      () => {},
      forget,
    );
  }

  /** OrderMassCancelRequest (q), answered by r when it is done. Of the user's own orders, whatever door they came by. */
  massCancel(message: FixMessage): FixVerdict {
    if (this.asked.isFull) return FixVerdict.Later;
    const clOrdId = this.#clOrdId(message);
    if (clOrdId === '') return FixVerdict.Taken;
    const type = message.text(AppTag.MassCancelRequestType) ?? '';
    const symbol = message.text(AppTag.Symbol) ?? '';
    const instrument = this.instruments.bySymbol(symbol);
    const asked = { clOrdId, type };
    if (type !== MassCancelType.Security && type !== MassCancelType.All) {
      const text = 'MassCancelRequestType must be 1 (security) or 7 (all)';
      this.#refuseMassCancel(asked, MassCancelRejectReason.NotSupported, text);
      return FixVerdict.Taken;
    }
    if (type === MassCancelType.Security && instrument === undefined) {
      const text = rejectText('UNKNOWN_INSTRUMENT');
      this.#refuseMassCancel(asked, MassCancelRejectReason.UnknownSecurity, text);
      return FixVerdict.Taken;
    }
    const side = sideAsked(message);
    if (side === undefined) {
      this.#refuseMassCancel(asked, MassCancelRejectReason.NotSupported, SIDE_ASKED);
      return FixVerdict.Taken;
    }
    const request = {
      instrumentId: type === MassCancelType.Security ? (instrument?.id ?? 0) : 0,
      accountId: 0,
      sessionUserId: this.user.userId,
      side,
    };
    return this.#send(
      (onOutcome) => {
        const number = this.user.massCancel(request, onOutcome);
        if (number !== 0) this.asked.addMassCancel(number, asked);
      },
      () => {},
      () => {},
    );
  }

  /** Whether the desk still waits for what becomes of an order. */
  isEntering(clOrdId: string): boolean {
    return this.user.isEntering(clOrdId);
  }

  /** An Order Cancel Reject (9) for a refusal that is in the log, to be sent by the caller. */
  writeLoggedReject(asked: OrderAsked, responseTo: ResponseTo, rejectCode: number, atMs: number): void {
    const name = rejectName(rejectCode) ?? 'MALFORMED_COMMAND';
    const order = this.user.orders.byOrderId(asked.orderId);
    const writer = this.session.begin('9');
    // It was open when it was asked for: the fill or the cancel was faster.
    if (name === 'UNKNOWN_ORDER') this.#writeTooLate(writer, asked, order, responseTo, atMs);
    else {
      const reason = cxlRejReasonOf(this.version, name);
      writeCancelReject(writer, this.version, asked, order, responseTo, reason, rejectText(name), atMs);
    }
  }

  /** An Order Mass Cancel Report (r), to be sent by the caller. */
  writeMassCanceled(asked: MassCancelAsked, { sequence, rejectCode, canceledOrders }: Report): void {
    const { Other } = MassCancelRejectReason;
    if (rejectCode === 0) this.#writeMassCanceled(asked, sequence, -1, '', canceledOrders);
    else {
      const text = rejectText(rejectName(rejectCode) ?? 'MALFORMED_COMMAND');
      this.#writeMassCanceled(asked, sequence, Other, text, 0);
    }
  }

  #writeTooLate(
    writer: FixWriter,
    asked: OrderAsked,
    order: OrderRecord | undefined,
    responseTo: ResponseTo,
    atMs: number,
  ): void {
    const text = `${rejectText('UNKNOWN_ORDER')}; it is not open any more`;
    writeCancelReject(writer, this.version, asked, order, responseTo, CxlRejReason.TooLate, text, atMs);
  }

  /**
   * Hands a request to the desk. What the desk takes nothing of at once is read again later: a counterparty that sends faster
   * than orders are answered is read more slowly. The message is held until the log has the answer: if this node ends before, it comes again.
   */
  #send(
    hand: (onOutcome: (outcome: Outcome) => void) => void,
    onOutcome: (outcome: Outcome) => void,
    takeBack: () => void,
  ): FixVerdict {
    let isAtOnce = true;
    let isRefused = false;
    const release = this.session.holdMessage();
    hand((outcome) => {
      if (outcome.kind === 'unknown') this.unanswered.push(release);
      else release();
      if (outcome.kind === 'done' || outcome.kind === 'rejected') this.#releaseUnanswered();
      if (isAtOnce && outcome.kind === 'refused') isRefused = true;
      else {
        onOutcome(outcome);
        if (!isAtOnce) this.services.flushSoon();
      }
    });
    isAtOnce = false;
    if (!isRefused) return FixVerdict.Taken;
    takeBack();
    return FixVerdict.Later;
  }

  #releaseUnanswered(): void {
    for (const release of this.unanswered.splice(0)) release();
  }

  /** The ClOrdID; empty when it cannot be one here, which is answered. */
  #clOrdId(message: FixMessage): string {
    const clOrdId = message.text(AppTag.ClOrdID) ?? '';
    if (clOrdId.length <= CL_ORD_ID_MAX && /^[\x20-\x7e]+$/.test(clOrdId)) return clOrdId;
    const text = `ClOrdID must be 1 to ${CL_ORD_ID_MAX} printable ASCII characters`;
    this.session.rejectMessage(message, SessionRejectReason.ValueIncorrect, AppTag.ClOrdID, text);
    return '';
  }

  /**
   * Whether a cancel or replace comes too early: what it names is on its way, and it is not certain with which number. Or there are too many
   * before it.
   */
  #hasToWait(message: FixMessage): boolean {
    const named = message.text(AppTag.OrigClOrdID) ?? '';
    const own = message.text(AppTag.ClOrdID) ?? '';
    const isFull = this.asked.isFull || this.lookups >= LOOKUPS_MAX;
    const isOnItsWay = this.user.isEntering(named) || this.asked.hasOrder(named);
    return isFull || isOnItsWay || this.user.isEntering(own);
  }

  /** The order that a request names by OrderID where it has one, else by OrigClOrdID. */
  #orderOf(message: FixMessage): OrderRecord | undefined {
    const origClOrdId = message.text(AppTag.OrigClOrdID) ?? '';
    const { orders } = this.user;
    const orderId = orderIdAsked(message);
    if (orderId === undefined) return orders.withTag(origClOrdId);
    const order = orders.byOrderId(orderId);
    return isCalled(order, origClOrdId) ? order : undefined;
  }

  /** Whether the order may still be changed, as far as is known here; if not, that is answered. */
  #isLive(
    message: FixMessage,
    asked: OrderAsked,
    order: OrderRecord | undefined,
    responseTo: ResponseTo,
  ): order is OrderRecord {
    if (order?.status === OrderStatus.Open) return true;
    if (order === undefined) this.#lookUp(message, asked, responseTo);
    else this.#rejectEnded(asked, order, responseTo);
    return false;
  }

  /** Answers a request whose order is not in memory, and so not open: history knows whether it was. */
  #lookUp(message: FixMessage, asked: OrderAsked, responseTo: ResponseTo): void {
    const { userId, sequence } = this.user;
    const { archive } = this.services;
    const orderId = orderIdAsked(message);
    const isRepeatedCancel = responseTo === ResponseTo.Cancel && isRepeated(message);
    const release = this.session.holdMessage();
    this.lookups++;
    const question =
      orderId !== undefined
        ? archive.ask({ type: 'order', orderId }, sequence)
        : archive.ask({ type: 'orderByClient', userId, clientTag: asked.origClOrdId }, sequence);
    question
      .then(
        ({ result }) => result,
        () => undefined,
      )
      .then((found) => {
        this.lookups--;
        release();
        const isOwn = found?.userId === userId && isCalled(found, asked.origClOrdId);
        // What is open has come since.
        if (!isOwn || found.orderId === 0 || found.status === OrderStatus.Open)
          this.#rejectCancel(asked, undefined, responseTo, 'UNKNOWN_ORDER');
        else if (isRepeatedCancel && isCanceledOnRequest(found)) this.#status(found);
        else this.#rejectEnded(asked, found, responseTo);
        this.services.flushSoon();
      });
  }

  #rejectEnded(asked: OrderAsked, order: OrderRecord, responseTo: ResponseTo): void {
    this.#writeTooLate(this.session.begin('9'), asked, order, responseTo, this.services.nowMs());
    this.session.send();
  }

  #rejectCancel(
    asked: OrderAsked,
    order: OrderRecord | undefined,
    responseTo: ResponseTo,
    name: RejectName,
    text = rejectText(name),
  ): void {
    const reason = cxlRejReasonOf(this.version, name);
    const writer = this.session.begin('9');
    writeCancelReject(writer, this.version, asked, order, responseTo, reason, text, this.services.nowMs());
    this.session.send();
  }

  #refuse(asked: OrderAsked, name: RejectName, text: string): void {
    const nowMs = this.services.nowMs();
    // Not in the log, so without a number: unique by the time and a count, which other sessions and nodes do not have.
    const id = `${this.user.userId}-R${nowMs}.${this.services.desk.nextRequestNumber()}`;
    this.reports.writeRefused(this.session.begin('8'), id, asked, name, text, nowMs);
    this.session.send();
  }

  #status(order: OrderRecord): void {
    this.reports.writeStatus(this.session.begin('8'), order, '', undefined);
    this.session.send();
  }

  #refuseMassCancel(asked: MassCancelAsked, rejectReason: number, text: string): void {
    this.#writeMassCanceled(asked, 0, rejectReason, text, 0);
    this.session.send();
  }

  /** Order Mass Cancel Report (r). @param sequence the receipt @param rejectReason -1: it was done */
  #writeMassCanceled(
    { clOrdId, type }: MassCancelAsked,
    sequence: number,
    rejectReason: number,
    text: string,
    canceledOrders: number,
  ): void {
    const writer = this.session.begin('r');
    writer.text(AppTag.ClOrdID, clOrdId);
    writer.text(AppTag.OrderID, String(sequence));
    writer.text(AppTag.MassCancelRequestType, type);
    writer.text(AppTag.MassCancelResponse, rejectReason < 0 ? type : MASS_CANCEL_REJECTED);
    if (rejectReason >= 0) writer.int(AppTag.MassCancelRejectReason, rejectReason);
    else writer.int(AppTag.TotalAffectedOrders, canceledOrders);
    writer.timestamp(AppTag.TransactTime, this.services.nowMs());
    if (text !== '') writer.text(AppTag.Text, text);
  }
}

/**
 * Whether a report tells how it ended, be it late. What is refused for its number or text while it is waited for has none: only who asked
 * is told.
 */
function isReported(outcome: Outcome): boolean {
  if (outcome.kind === 'rejected') return !isOfIdentity(outcome.rejectCode);
  return outcome.kind === 'done' || outcome.kind === 'unknown';
}

/** Whether the counterparty says that it may have sent the message before. */
function isRepeated(message: FixMessage): boolean {
  return message.isYes(Tag.PossResend) || message.isYes(Tag.PossDupFlag);
}

/** Whether the order has the ClOrdID. What came by another door may have none. */
function isCalled(order: OrderRecord | undefined, clOrdId: string): boolean {
  return order?.clientTag === '' || order?.clientTag === clOrdId;
}

/** Whether the order is as a cancel would have it. */
function isCanceledOnRequest({ status, cancelReason }: OrderRecord): boolean {
  return status === OrderStatus.Canceled && cancelReason === CancelReason.Requested;
}

/** Refuses a message whose application part is not served to this session. */
export function notAuthorised(session: FixApplicationSession, message: FixMessage, text: string): FixVerdict {
  session.businessReject(message, BusinessRejectReason.NotAuthorized, text);
  return FixVerdict.Taken;
}
