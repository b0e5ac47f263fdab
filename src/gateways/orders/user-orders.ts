import { CancelReason } from '#domain/events.ts';
import { type OrderRecord, OrderStatus, triggerMicros } from '#domain/history.ts';
import { type Report, ReportKind } from './report.ts';
import { TextMap } from './text-map.ts';

/** Finished orders of a user that are kept in memory beside the open ones. */
const FINISHED_MAX = 64;

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type LiveRecord = Mutable<OrderRecord>;

interface Entry {
  readonly order: LiveRecord;
  /** Entry of the log that the record already includes: reports up to it change nothing. */
  readonly includes: number;
}

/**
 * The open orders of one user and its last finished ones, kept up to date by its reports, as history keeps them. Orders
 * are found by id, by number and by the client's own text.
 */
export class UserOrders {
  declare private readonly byId: Map<number, Entry>;
  declare private readonly byClientOrderId: Map<number, LiveRecord>;
  declare private readonly byTag: TextMap<LiveRecord>;
  declare private finished: LiveRecord[];
  /** Entry of the log up to which the reports have come. */
  declare private sequence: number;

  /** @param sequence entry of the log up to which the reports have come; 0: none has */
  constructor(sequence = 0) {
    this.byId = new Map();
    this.byClientOrderId = new Map();
    this.byTag = new TextMap();
    this.finished = [];
    this.sequence = sequence;
  }

  /** Open orders, the oldest first. */
  open(): OrderRecord[] {
    const orders: OrderRecord[] = [];
    for (const { order } of this.byId.values()) if (order.status === OrderStatus.Open) orders.push(order);
    // History hands over the newest first.
    return orders.sort((one, other) => one.orderId - other.orderId);
  }

  byOrderId(orderId: number): OrderRecord | undefined {
    return this.byId.get(orderId)?.order;
  }

  byNumber(clientOrderId: number): OrderRecord | undefined {
    return this.byClientOrderId.get(clientOrderId);
  }

  /** The newest order with this text. */
  withTag(clientTag: string): OrderRecord | undefined {
    return this.byTag.get(clientTag);
  }

  /**
   * Takes over what history has of an order.
   * @param sequence the entry of the log after which the record stands
   */
  load(record: OrderRecord, sequence: number): void {
    // What was rejected never lived, and its text may be used again.
    if (record.orderId === 0) return;
    const known = this.byId.get(record.orderId);
    if (known === undefined || known.includes < sequence) this.#add({ ...record }, sequence);
  }

  /** The order of a report as it is after it, undefined when it is none of those here. */
  apply(report: Report): OrderRecord | undefined {
    this.sequence = report.sequence;
    switch (report.kind) {
      case ReportKind.Accepted:
        return this.#accepted(report);
      case ReportKind.Replaced:
        return this.#replaced(report);
      case ReportKind.Rejected:
      case ReportKind.MassCanceled:
        return undefined;
      case ReportKind.TradeCanceled:
        return this.byId.get(report.orderId)?.order;
    }
    const entry = this.byId.get(report.orderId);
    if (entry === undefined || entry.includes >= report.sequence) return entry?.order;
    const { order } = entry;
    stamp(order, report);
    if (report.kind === ReportKind.Triggered) order.triggered = triggerMicros(report);
    else if (report.kind === ReportKind.Filled) this.#filled(order, report);
    else this.#canceled(order, report);
    return order;
  }

  #accepted(report: Report): OrderRecord | undefined {
    const known = this.byId.get(report.orderId);
    if (known !== undefined || report.terms === undefined) return known?.order;
    const order = newOrder(report);
    order.leavesQtyLots = order.qtyLots;
    this.#add(order, 0);
    return order;
  }

  #replaced(report: Report): OrderRecord | undefined {
    const known = this.byId.get(report.orderId);
    if (known !== undefined || report.terms === undefined) return known?.order;
    const order = newOrder(report);
    order.cumQtyLots = report.cumQtyLots;
    order.leavesQtyLots = order.qtyLots - report.cumQtyLots;
    order.originalOrderId = report.originalOrderId;
    const original = this.byId.get(report.originalOrderId)?.order;
    if (original !== undefined) {
      order.cumAmountMinor = original.cumAmountMinor;
      order.feeMinor = original.feeMinor;
      order.triggered = original.triggered;
      original.replacedByOrderId = report.orderId;
      stamp(original, report);
      this.#finish(original, OrderStatus.Replaced);
    }
    this.#add(order, 0);
    return order;
  }

  #filled(order: LiveRecord, report: Report): void {
    order.cumQtyLots += report.qtyLots;
    order.cumAmountMinor = Math.min(order.cumAmountMinor + report.amountMinor, Number.MAX_SAFE_INTEGER);
    order.feeMinor = Math.min(order.feeMinor + report.feeMinor, Number.MAX_SAFE_INTEGER);
    order.leavesQtyLots = report.leavesQtyLots;
    if (order.firstTradeId === 0) order.firstTradeId = report.tradeId;
    order.lastTradeId = report.tradeId;
    if (report.leavesQtyLots === 0) this.#finish(order, OrderStatus.Filled);
  }

  #canceled(order: LiveRecord, report: Report): void {
    order.leavesQtyLots = report.leavesQtyLots;
    if (report.leavesQtyLots > 0) {
      // The owner asked for a smaller total.
      order.qtyLots -= report.qtyLots;
      return;
    }
    order.cancelReason = report.cancelReason;
    const isOver =
      report.cancelReason === CancelReason.Expired || report.cancelReason === CancelReason.EndOfDay;
    this.#finish(order, isOver ? OrderStatus.Expired : OrderStatus.Canceled);
  }

  #add(order: LiveRecord, includes: number): void {
    this.byId.set(order.orderId, { order, includes });
    this.byClientOrderId.set(order.clientOrderId, order);
    // History hands over the newest first, and a replacement may go by the text of what it replaced.
    const namesakeId = this.byTag.get(order.clientTag)?.orderId ?? 0;
    if (order.clientTag !== '' && order.orderId >= namesakeId) this.byTag.set(order.clientTag, order);
    if (order.status !== OrderStatus.Open) this.#finish(order, order.status);
  }

  #finish(order: LiveRecord, status: OrderStatus): void {
    order.status = status;
    order.leavesQtyLots = 0;
    this.finished.push(order);
    if (this.finished.length >= 2 * FINISHED_MAX) this.#trim();
  }

  /** Forgets half, the oldest: history hands over the newest first. One of which reports may still come stays. */
  #trim(): void {
    const { finished } = this;
    finished.sort((one, other) => one.updatedSequence - other.updatedSequence);
    for (const order of finished.splice(0, FINISHED_MAX)) {
      if (order.updatedSequence > this.sequence) finished.push(order);
      else this.#forget(order);
    }
  }

  #forget(order: LiveRecord): void {
    this.byId.delete(order.orderId);
    if (this.byClientOrderId.get(order.clientOrderId) === order)
      this.byClientOrderId.delete(order.clientOrderId);
    this.byTag.remove(order.clientTag, order);
  }
}

function newOrder(report: Report): LiveRecord {
  const { sequence, timeSeconds, timeNanos } = report;
  return {
    sequence,
    timeSeconds,
    timeNanos,
    orderId: report.orderId,
    userId: report.userId,
    accountId: report.accountId,
    instrumentId: report.instrumentId,
    clientOrderId: report.clientOrderId,
    clientTag: report.clientTag,
    status: OrderStatus.Open,
    cancelReason: 0,
    rejectCode: 0,
    side: report.terms?.side ?? 0,
    orderType: report.terms?.orderType ?? 0,
    timeInForce: report.terms?.timeInForce ?? 0,
    orderFlags: report.terms?.orderFlags ?? 0,
    priceTicks: report.terms?.priceTicks ?? 0,
    stopPriceTicks: report.terms?.stopPriceTicks ?? 0,
    expireSeconds: report.terms?.expireSeconds ?? 0,
    qtyLots: report.terms?.qtyLots ?? 0,
    displayQtyLots: report.terms?.displayQtyLots ?? 0,
    minQtyLots: report.terms?.minQtyLots ?? 0,
    leavesQtyLots: 0,
    cumQtyLots: 0,
    cumAmountMinor: 0,
    feeMinor: 0,
    triggered: 0,
    originalOrderId: 0,
    replacedByOrderId: 0,
    firstTradeId: 0,
    lastTradeId: 0,
    updatedSequence: sequence,
    updatedSeconds: timeSeconds,
    updatedNanos: timeNanos,
  };
}

function stamp(order: LiveRecord, report: Report): void {
  order.updatedSequence = report.sequence;
  order.updatedSeconds = report.timeSeconds;
  order.updatedNanos = report.timeNanos;
}
