import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';

/** OrdStatus (39). */
export const OrdStatus = {
  New: '0',
  PartiallyFilled: '1',
  Filled: '2',
  Canceled: '4',
  Replaced: '5',
  Rejected: '8',
  Expired: 'C',
} as const;

/** ExecType (150). */
export const ExecType = {
  New: '0',
  PartialFill: '1',
  Fill: '2',
  Canceled: '4',
  Replaced: '5',
  Rejected: '8',
  Expired: 'C',
  Restated: 'D',
  Trade: 'F',
  TradeCancel: 'H',
  OrderStatus: 'I',
  Triggered: 'L',
} as const;

/** What a counterparty said of an order that the log does not keep. */
export interface OrderAsked {
  readonly clOrdId: string;
  /** Empty: none. */
  readonly origClOrdId: string;
  /** Of the order that it would change; 0: none. */
  readonly orderId: number;
  /** Symbol as it was sent. */
  readonly symbol: string;
  /** The byte of Side (54). */
  readonly sideByte: number;
}

/** ExecID (17) of a report: the same on every node, and unique over all users. */
export function execId(userId: number, reportNumber: number): string {
  return `${userId}-${reportNumber}`;
}

/** OrdStatus (39) of an order as it stands. */
export function ordStatusOf(version: FixVersion, order: OrderRecord): string {
  switch (order.status) {
    case OrderStatus.Open:
      return order.cumQtyLots > 0 ? OrdStatus.PartiallyFilled : OrdStatus.New;
    case OrderStatus.Filled:
      return OrdStatus.Filled;
    case OrderStatus.Expired:
      return OrdStatus.Expired;
    case OrderStatus.Rejected:
      return OrdStatus.Rejected;
    case OrderStatus.Replaced:
      // FIX 4.4 has no such status any more.
      return version === FixVersion.Fix44 ? OrdStatus.Canceled : OrdStatus.Replaced;
    default:
      return OrdStatus.Canceled;
  }
}
