import type { Scale } from '#codec/json/scales.ts';
import { OrderType, TimeInForce } from '#domain/commands.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';

/** What an order record is of: the codes of field 21 of table 2 of the annex of (EU) 2017/580 (RTS 24). */
export const OrderEvent = {
  New: 'NEWO',
  Triggered: 'TRIG',
  ReplacedByMember: 'REME',
  ReplacedByVenue: 'REMA',
  /** Of this program's: a trade of the order was taken back, which changes the order no more. */
  StatusChangedByVenue: 'CHMO',
  CanceledByMember: 'CAME',
  CanceledByVenue: 'CAMO',
  Rejected: 'REMO',
  Expired: 'EXPI',
  PartiallyFilled: 'PARF',
  Filled: 'FILL',
} as const;
export type OrderEvent = (typeof OrderEvent)[keyof typeof OrderEvent];

/** An order as far as its records need it. Numbers are those of the log; 0 where a field does not apply or is not known. */
export interface RecordedOrder {
  orderId: number;
  userId: number;
  /** 0: of nobody who has an account. */
  accountId: number;
  instrumentId: number;
  clientOrderId: number;
  side: number;
  orderType: number;
  timeInForce: number;
  orderFlags: number;
  /** Its total, what is executed included. */
  qtyLots: number;
  leavesQtyLots: number;
  /** Size of an iceberg's slices; 0: it shows everything. */
  displayQtyLots: number;
  /** What it shows in the book now. */
  visibleQtyLots: number;
  minQtyLots: number;
  priceTicks: number;
  stopPriceTicks: number;
  expireSeconds: number;
  /** Undefined: it was entered before what is read of the log. */
  regulatory: RegulatoryFields | undefined;
  /** It waits for its stop price. */
  isWaiting: boolean;
  /** When the first order of its chain came; 0: before what is read of the log. */
  receivedSeconds: number;
  /** Since when it has its place in the book; 0 seconds: it has none, or has it since before what is read of the log. */
  prioritySeconds: number;
  priorityNanos: number;
}

/** An order of which nothing is known yet. */
export function unknownOrder(): RecordedOrder {
  return {
    orderId: 0,
    userId: 0,
    accountId: 0,
    instrumentId: 0,
    clientOrderId: 0,
    side: 0,
    orderType: 0,
    timeInForce: 0,
    orderFlags: 0,
    qtyLots: 0,
    leavesQtyLots: 0,
    displayQtyLots: 0,
    visibleQtyLots: 0,
    minQtyLots: 0,
    priceTicks: 0,
    stopPriceTicks: 0,
    expireSeconds: 0,
    regulatory: undefined,
    isWaiting: false,
    receivedSeconds: 0,
    prioritySeconds: 0,
    priorityNanos: 0,
  };
}

/** Whether what does not trade at once rests. A stop without a limit is a market order once its price is reached, whatever its validity. */
export function mayRest({ orderType, timeInForce }: RecordedOrder): boolean {
  if (orderType === OrderType.Market || orderType === OrderType.Stop) return false;
  return timeInForce !== TimeInForce.ImmediateOrCancel && timeInForce !== TimeInForce.FillOrKill;
}

/** An instrument and its trading status. */
export interface RecordedInstrument {
  readonly symbol: string;
  readonly price: Scale;
  readonly quantity: Scale;
  phase: number;
  /** What an auction's uncross would do, as it was published last; lots 0: nothing. */
  indicativePriceTicks: number;
  indicativeQtyLots: number;
}

/** What a trade was for one of its sides. */
export interface RecordedTrade {
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  /** Field 44; empty in an uncross, and of a trade that was taken back. */
  readonly liquidity: 'PASV' | 'AGRE' | '';
}

/** One event of one order, between the log's numbers and the annex's texts. Its order and instrument are good until the next record. */
export interface OrderRecord {
  readonly event: OrderEvent;
  /** Entry of the log, and which record of the entry it is, from 1. */
  readonly sequence: number;
  readonly place: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly order: RecordedOrder;
  /** Undefined: a refused order named none that there is. */
  readonly instrument: RecordedInstrument | undefined;
  /** The order that this one replaced, or was to replace; 0 none. */
  readonly originalOrderId: number;
  readonly trade: RecordedTrade | undefined;
  /** Why, in the words of docs/matching.md and docs/rejects.md; empty where the event says it. */
  readonly reason: string;
}
