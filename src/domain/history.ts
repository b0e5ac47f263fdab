/**
 * What the archive thread can be asked, and what it answers: plain objects of integers and text that pass between
 * threads. Prices in ticks, quantities in lots, money in minor units, enumerations as the domain's numbers, time as
 * seconds since the Unix epoch and nanoseconds. docs/history.md has it for people.
 */
import type { Candle } from './market-views.ts';

/** What has become of an order. Numbers are never reused. */
export const OrderStatus = {
  Open: 1,
  Filled: 2,
  Canceled: 3,
  /** Its time was over (CancelReason Expired or EndOfDay). */
  Expired: 4,
  /** It never lived: orderId is 0. */
  Rejected: 5,
  /** It goes on under `replacedByOrderId`. */
  Replaced: 6,
  /** It ended at a time of which there is no history. */
  Unknown: 7,
} as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

interface At {
  /** Entry of the log. */
  readonly sequence: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
}

export interface OrderRecord extends At {
  readonly orderId: number;
  readonly userId: number;
  readonly accountId: number;
  readonly instrumentId: number;
  readonly clientOrderId: number;
  readonly clientTag: string;
  readonly status: OrderStatus;
  /** CancelReason of the end; 0 where it was not a cancel. */
  readonly cancelReason: number;
  /** 0 but for rejected orders. */
  readonly rejectCode: number;
  readonly side: number;
  readonly orderType: number;
  readonly timeInForce: number;
  readonly orderFlags: number;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  readonly expireSeconds: number;
  readonly qtyLots: number;
  readonly displayQtyLots: number;
  readonly minQtyLots: number;
  /** 0 unless the order is open. */
  readonly leavesQtyLots: number;
  readonly cumQtyLots: number;
  /** Money of its fills, those of the orders that it replaced included: the average price is this / cumQtyLots. */
  readonly cumAmountMinor: number;
  /** In the quote asset, as cumAmountMinor. */
  readonly feeMinor: number;
  /** 1: a stop that has been triggered. */
  readonly triggered: number;
  /** The order that this one replaced; 0 none. */
  readonly originalOrderId: number;
  /** The order that replaced this one; 0 none. */
  readonly replacedByOrderId: number;
  /** Of the first and last fill under this orderId; 0 none. */
  readonly firstTradeId: number;
  readonly lastTradeId: number;
  /** Entry and time of its last change; `sequence` and the time above are of its entry. */
  readonly updatedSequence: number;
  readonly updatedSeconds: number;
  readonly updatedNanos: number;
}

/** One side of a trade. */
export interface FillRecord extends At {
  readonly tradeId: number;
  readonly accountId: number;
  readonly userId: number;
  readonly orderId: number;
  readonly clientOrderId: number;
  readonly instrumentId: number;
  readonly side: number;
  /** 1: it rested. Both sides of an auction's trade have 0. */
  readonly isMaker: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly amountMinor: number;
  readonly feeMinor: number;
  readonly feeAssetId: number;
  readonly leavesQtyLots: number;
  readonly reportNumber: number;
}

export interface TradeRecord extends At {
  readonly tradeId: number;
  readonly instrumentId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly amountMinor: number;
  /** 0 in an auction. */
  readonly aggressorSide: number;
}

export interface PostingRecord extends At {
  /** Place of the event among those of its entry. */
  readonly position: number;
  readonly accountId: number;
  readonly assetId: number;
  readonly instrumentId: number;
  readonly kind: number;
  readonly amountMinor: number;
  readonly balanceMinor: number;
}

export interface PositionRecord extends At {
  readonly position: number;
  readonly accountId: number;
  readonly instrumentId: number;
  readonly positionLots: number;
  readonly entryValueMinor: number;
  readonly realisedMinor: number;
}

export interface AdminActionRecord extends At {
  readonly position: number;
  /** Who; 0 is the operator. */
  readonly userId: number;
  readonly commandType: number;
  readonly instrumentId: number;
  /** The sender's number of the request. */
  readonly clientOrderId: number;
  /** 0: accepted. */
  readonly rejectCode: number;
  readonly reason: string;
  /** The command as it is in the log, as hexadecimal digits, credentials as zeros; docs/records.md. */
  readonly commandHex: string;
}

/** Fees of one account, asset and UTC day. */
export interface FeeRecord {
  readonly accountId: number;
  readonly assetId: number;
  readonly daySeconds: number;
  readonly feeMinor: number;
}

/** Balances, positions and open orders as they stand. */
export interface AccountRecord {
  readonly accountId: number;
  readonly balances: readonly {
    readonly assetId: number;
    readonly balanceMinor: number;
    readonly heldMinor: number;
    readonly marginMinor: number;
  }[];
  readonly positions: readonly {
    readonly instrumentId: number;
    readonly positionLots: number;
    readonly entryValueMinor: number;
    readonly realisedMinor: number;
  }[];
  /** All of them, whatever `openOrders` has. */
  readonly openOrderCount: number;
  /** The oldest first. */
  readonly openOrders: readonly AccountOrder[];
}

/** An open order as the core has it: exact at the answer's sequence, without what only history knows. */
export type AccountOrder = Pick<
  OrderRecord,
  | 'orderId'
  | 'userId'
  | 'instrumentId'
  | 'clientOrderId'
  | 'side'
  | 'orderType'
  | 'timeInForce'
  | 'orderFlags'
  | 'priceTicks'
  | 'stopPriceTicks'
  | 'expireSeconds'
  | 'qtyLots'
  | 'displayQtyLots'
  | 'leavesQtyLots'
  | 'cumQtyLots'
>;

/** Of whom: an account, or one user of it. Give one of them. */
export interface Owner {
  readonly userId?: number;
  readonly accountId?: number;
}

/** Which part of a list, newest first. */
export interface PageRequest {
  /** From the answer before: goes on after its last row. */
  readonly cursor?: string;
  /** Rows; at most and by default HISTORY_PAGE_MAX. */
  readonly limit?: number;
  /** The first second of log time that counts. */
  readonly fromSeconds?: number;
  /** The first second that no longer counts. */
  readonly toSeconds?: number;
}

/** Rows, newest first. A page may have fewer rows than were asked for and yet a cursor: then there is more to look at. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Undefined: that was all. */
  readonly cursor: string | undefined;
}

/** Each question and its answer, by `type`. */
export interface ArchiveQuestions {
  /** What stands of each account; undefined for those that do not exist. At most ACCOUNTS_PER_QUERY_MAX. */
  readonly accounts: {
    query: { readonly accountIds: readonly number[]; readonly openOrdersMax?: number };
    answer: readonly (AccountRecord | undefined)[];
  };
  readonly order: { query: { readonly orderId: number }; answer: OrderRecord | undefined };
  /** The order that had this number, or the newest that had this text; where there was none, a rejected one. */
  readonly orderByClient: {
    query: { readonly userId: number; readonly clientOrderId?: number; readonly clientTag?: string };
    answer: OrderRecord | undefined;
  };
  readonly openOrders: {
    query: Owner & Pick<PageRequest, 'cursor' | 'limit'> & { readonly instrumentId?: number };
    answer: Page<OrderRecord>;
  };
  readonly orders: {
    query: Owner & PageRequest & { readonly instrumentId?: number };
    answer: Page<OrderRecord>;
  };
  readonly fills: {
    query: Owner & PageRequest & { readonly instrumentId?: number; readonly orderId?: number };
    answer: Page<FillRecord>;
  };
  readonly trades: {
    query: PageRequest & { readonly instrumentId: number };
    answer: Page<TradeRecord>;
  };
  readonly postings: {
    query: PageRequest & { readonly accountId: number; readonly assetId?: number };
    answer: Page<PostingRecord>;
  };
  readonly positions: {
    query: PageRequest & { readonly accountId: number; readonly instrumentId?: number };
    answer: Page<PositionRecord>;
  };
  readonly adminActions: {
    query: PageRequest & { readonly userId?: number; readonly commandType?: number };
    answer: Page<AdminActionRecord>;
  };
  /**
   * Those that open within the time, oldest first, at most HISTORY_CANDLES_MAX; where nothing traded there is none.
   * `nextFromSeconds`: where the next question goes on; undefined: that was all.
   */
  readonly candles: {
    query: {
      readonly instrumentId: number;
      /** One of CANDLE_SECONDS. */
      readonly intervalSeconds: number;
      readonly fromSeconds: number;
      readonly toSeconds: number;
      readonly limit?: number;
    };
    answer: { readonly rows: readonly Candle[]; readonly nextFromSeconds: number | undefined };
  };
  /** Of the UTC days that begin within the time, oldest first, at most ASSETS_MAX; `nextFromSeconds` as for candles. */
  readonly fees: {
    query: {
      readonly accountId: number;
      readonly assetId?: number;
      readonly fromSeconds: number;
      readonly toSeconds: number;
    };
    answer: { readonly rows: readonly FeeRecord[]; readonly nextFromSeconds: number | undefined };
  };
  /** How far history goes. */
  readonly coverage: {
    query: object;
    answer: {
      /** First entry of the log from which on nothing is lacking. */
      readonly completeFrom: number;
      /** Last entry that is in it. */
      readonly lastSequence: number;
    };
  };
}

export type ArchiveQuestion = keyof ArchiveQuestions;
export type ArchiveQuery<Type extends ArchiveQuestion = ArchiveQuestion> = Type extends ArchiveQuestion
  ? { readonly type: Type } & ArchiveQuestions[Type]['query']
  : never;
export type ArchiveAnswerOf<Type extends ArchiveQuestion> = ArchiveQuestions[Type]['answer'];

/** A question that got no answer. */
export class ArchiveRefusedError extends Error {
  override readonly name = 'ArchiveRefusedError';
  /**
   * `LATE`: the archive has not come so far yet, ask again. `BUSY`: too many questions wait, ask again. `HISTORY_BEHIND`:
   * history is being rebuilt, or cannot be written; questions about accounts are answered. `BAD_QUERY`: a field is
   * missing or outside its range. `CLOSED`: the archive thread is gone.
   */
  declare readonly code: ArchiveRefusal;

  constructor(code: ArchiveRefusal, message: string) {
    super(message);
    this.code = code;
  }
}
export type ArchiveRefusal = 'LATE' | 'BUSY' | 'HISTORY_BEHIND' | 'BAD_QUERY' | 'CLOSED';
