import { AppTag } from '#codec/fix/application-tags.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { BusinessRejectReason } from '#codec/fix/rejects.ts';
import { Tag } from '#codec/fix/tags.ts';
import type { OrderRecord } from '#domain/history.ts';
import type { DeskUser } from '../../orders/desk-user.ts';
import { type FixApplicationSession, FixVerdict } from '../session/application.ts';
import type { AnswerPace } from './answer-pace.ts';
import { askedBy, orderIdAsked, SIDE_ASKED, sideAsked } from './asked-fields.ts';
import type { AskedRequests } from './asked-requests.ts';
import type { ExecutionReports } from './execution-report.ts';
import type { FixInstruments } from './instruments.ts';
import type { OutgoingJobs } from './outgoing-jobs.ts';
import type { OrderAsked } from './report-values.ts';
import type { TradingServices } from './services.ts';

/** MassStatusReqType (585). */
const MassStatusType = { Security: 1, All: 7 } as const;
/** Orders that are looked at in the time that a report takes. */
const LOOKS_PER_WEIGHT = 64;
/** Questions to the archive of one session that wait for their answer. */
const LOOKUPS_MAX = 64;

/** Answers what has become of orders: OrderStatusRequest (H) and OrderMassStatusRequest (AF). */
export class StatusRequests {
  declare private readonly session: FixApplicationSession;
  declare private readonly user: DeskUser;
  declare private readonly services: TradingServices;
  declare private readonly instruments: FixInstruments;
  declare private readonly reports: ExecutionReports;
  declare private readonly asked: AskedRequests;
  declare private readonly jobs: OutgoingJobs;
  declare private readonly pace: AnswerPace;
  declare private lookups: number;

  constructor(
    session: FixApplicationSession,
    user: DeskUser,
    services: TradingServices,
    instruments: FixInstruments,
    reports: ExecutionReports,
    asked: AskedRequests,
    jobs: OutgoingJobs,
    pace: AnswerPace,
  ) {
    this.session = session;
    this.user = user;
    this.services = services;
    this.instruments = instruments;
    this.reports = reports;
    this.asked = asked;
    this.jobs = jobs;
    this.pace = pace;
    this.lookups = 0;
  }

  /** OrderStatusRequest (H): by OrderID, or else by ClOrdID; old orders come from history, those on their way are waited for. */
  one(message: FixMessage): FixVerdict {
    if (this.lookups >= LOOKUPS_MAX) return FixVerdict.Later;
    const asked = askedBy(message, message.text(AppTag.ClOrdID) ?? '');
    const orderId = orderIdAsked(message);
    if (orderId === undefined && this.user.isEntering(asked.clOrdId)) return FixVerdict.Later;
    const reqId = message.text(AppTag.OrdStatusReqID) ?? '';
    const { orders } = this.user;
    const order = orderId === undefined ? orders.withTag(asked.clOrdId) : orders.byOrderId(orderId);
    // No order has a number that cannot be one.
    if (order !== undefined || (orderId !== undefined && orderId <= 0)) this.#answer(asked, reqId, order);
    else if (orderId === undefined && this.asked.hasOrder(asked.clOrdId))
      this.#notNow(asked.clOrdId, 'the log has not answered the order yet');
    else this.#lookUp(asked, reqId, orderId);
    return FixVerdict.Taken;
  }

  /** OrderMassStatusRequest (AF): the orders that are open now, all or of one security, each as it is when it is told. */
  many(message: FixMessage): FixVerdict {
    if (this.jobs.isFull) return FixVerdict.Later;
    const type = message.uint(AppTag.MassStatusReqType);
    const reqId = message.text(AppTag.MassStatusReqID) ?? '';
    if (type !== MassStatusType.Security && type !== MassStatusType.All) {
      const text = 'MassStatusReqType must be 1 (security) or 7 (all)';
      this.session.businessReject(message, BusinessRejectReason.Other, text, reqId);
      return FixVerdict.Taken;
    }
    const asked = askedBy(message, '');
    const instrumentId = type === MassStatusType.All ? 0 : this.instruments.bySymbol(asked.symbol)?.id;
    if (instrumentId === undefined) {
      const text = `unknown Symbol ${asked.symbol}`;
      this.session.businessReject(message, BusinessRejectReason.UnknownSecurity, text, reqId);
      return FixVerdict.Taken;
    }
    const side = sideAsked(message);
    if (side === undefined) {
      this.session.businessReject(message, BusinessRejectReason.Other, SIDE_ASKED, reqId);
      return FixVerdict.Taken;
    }
    const orders: OrderRecord[] = [];
    let looked = 0;
    for (const order of this.user.orders.open()) {
      looked++;
      if (instrumentId !== 0 && order.instrumentId !== instrumentId) continue;
      if (side === 0 || order.side === side) orders.push(order);
    }
    this.pace.spend(Math.floor(looked / LOOKS_PER_WEIGHT));
    this.#answerMany(asked, reqId, orders);
    return FixVerdict.Taken;
  }

  #answerMany(asked: OrderAsked, reqId: string, orders: readonly OrderRecord[]): void {
    const total = orders.length;
    if (total === 0) {
      const part = { reqId, total, isLast: true };
      this.reports.writeNoStatus(this.session.begin('8'), asked, '', part, this.services.nowMs());
      this.session.send();
      return;
    }
    let next = 0;
    this.jobs.add(() => {
      const wasOpen = orders[next++];
      // Reports come in between: what was told by them is not taken back. One that has ended since may be forgotten, as it ended.
      const order = this.user.orders.byOrderId(wasOpen.orderId) ?? wasOpen;
      const isLast = next === total;
      this.reports.writeStatus(this.session.begin('8'), order, '', { reqId, total, isLast });
      this.session.send();
      return isLast;
    });
  }

  #lookUp(asked: OrderAsked, reqId: string, orderId: number | undefined): void {
    const { userId, sequence } = this.user;
    this.lookups++;
    const question =
      orderId !== undefined
        ? this.services.archive.ask({ type: 'order', orderId }, sequence)
        : this.services.archive.ask({ type: 'orderByClient', userId, clientTag: asked.clOrdId }, sequence);
    question
      .then(
        ({ result }) => this.#answer(asked, reqId, result?.userId === userId ? result : undefined),
        () => this.#notNow(asked.clOrdId, 'history does not answer now'),
      )
      .finally(() => {
        this.lookups--;
        this.services.flushSoon();
      });
  }

  #answer(asked: OrderAsked, reqId: string, order: OrderRecord | undefined): void {
    const writer = this.session.begin('8');
    if (order !== undefined) this.reports.writeStatus(writer, order, reqId, undefined);
    else this.reports.writeNoStatus(writer, asked, reqId, undefined, this.services.nowMs());
    this.session.send();
  }

  /** What has become of the order cannot be told now: the question can be asked again. */
  #notNow(clOrdId: string, why: string): void {
    const writer = this.session.begin('j');
    writer.text(Tag.Text, `${why}: ask again later`);
    writer.text(Tag.RefMsgType, 'H');
    if (clOrdId !== '') writer.text(Tag.BusinessRejectRefID, clOrdId);
    writer.int(Tag.BusinessRejectReason, BusinessRejectReason.ApplicationNotAvailable);
    this.session.send();
  }
}
