/**
 * What the archive thread can be asked, and what it answers: plain objects of integers and text that pass between
 * threads. Prices in ticks, quantities in lots, money in minor units, enumerations as the domain's numbers, time as
 * seconds since the Unix epoch and nanoseconds. docs/history.md has it for people.
 */
import type { Candle } from './market-views.ts';
import type { RegulatoryFields } from './regulatory-fields.ts';

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

/** Microseconds since the Unix epoch, for `OrderRecord.triggered`. */
export function triggerMicros({ timeSeconds, timeNanos }: Pick<At, 'timeSeconds' | 'timeNanos'>): number {
  return timeSeconds * 1_000_000 + Math.floor(timeNanos / 1_000);
}

/** What was said for the authority is lacking where an order is put together from reports: those do not say it. */
export interface OrderRecord extends At, Partial<RegulatoryFields> {
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
  /** Of a stop that has been triggered: `triggerMicros` of it, or 1 where an earlier build wrote the history, which does not say when. 0: it has not been. */
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
  /** Entry that took the trade back; 0 none. */
  readonly canceledSequence: number;
}

export interface TradeRecord extends At {
  readonly tradeId: number;
  readonly instrumentId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly amountMinor: number;
  /** 0 in an auction. */
  readonly aggressorSide: number;
  /** Entry that took it back; 0 none. */
  readonly canceledSequence: number;
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

/** What an account did on one UTC day of log time. */
export interface ActivityRecord {
  readonly accountId: number;
  /** Orders that the core took. */
  readonly orders: number;
  readonly replaces: number;
  /** Cancels of one order each that were asked for, those of mass cancels included. */
  readonly cancels: number;
  /** Fills: each side of a trade. */
  readonly trades: number;
  /** Refused commands. */
  readonly rejects: number;
}

/** One word on an incident. */
export interface IncidentPostRecord extends At {
  readonly severity: number;
  readonly state: number;
  /** Bits of VenueComponent. */
  readonly components: number;
  readonly title: string;
  readonly text: string;
}

/** An incident with what was said of it, the newest first. */
export interface IncidentRecord {
  readonly incidentId: number;
  /** Entry of its first word, which is among `posts` unless there are more than INCIDENT_POSTS_MAX. */
  readonly openedSequence: number;
  readonly posts: readonly IncidentPostRecord[];
}

/** One limit of an account and how much of it is used, in the limit's own unit. */
export interface LimitUse {
  readonly limit: number;
  readonly used: number;
}

/** Room that is left of a limit: 1 all, 0 none, below 0 when more is used than allowed, -1 of a limit below 0; 1 where there is no limit. */
export function roomOf(use: LimitUse | undefined): number {
  if (use === undefined) return 1;
  return use.limit > 0 ? (use.limit - use.used) / use.limit : use.used > use.limit ? -1 : 0;
}

/** What an account risks and how much room it has, as it stands. Money in minor units. */
export interface RiskRecord extends AccountRecord {
  readonly isKilled: boolean;
  /** By asset in which instruments are quoted: what the account has at stake. */
  readonly exposures: readonly {
    readonly assetId: number;
    /** Value of positions in margined instruments at the last price (before there is one: the reference), long and short alike. */
    readonly positionsMinor: number;
    /** Value of open orders at their prices. */
    readonly openOrdersMinor: number;
  }[];
  /** Each limit that is set; orders of one account are checked against `orderQtyLots` and `orderValueMinor` one by one. */
  readonly limits: {
    readonly openOrders: LimitUse | undefined;
    readonly messagesPerSecond: LimitUse | undefined;
    readonly orderQtyLots: number;
    readonly orderValueMinor: number;
    /** Of the margined instrument in which most of it is used. */
    readonly positionLots: (LimitUse & { readonly instrumentId: number }) | undefined;
    /** Of the quote asset in which most of it is used. */
    readonly openValueMinor: (LimitUse & { readonly assetId: number }) | undefined;
  };
  /** Margin that is used of what could back it, in the asset where most is used; undefined: no margin is used, and nothing is owed. */
  readonly margin: (LimitUse & { readonly assetId: number }) | undefined;
  /** The least room of all limits and the margin: 1 nothing used, 0 all, below 0 more than all. 1 where nothing is limited. */
  readonly headroom: number;
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

/** Minutes of one UTC day in which a part of the venue was in each state. */
export interface UptimeDay {
  readonly daySeconds: number;
  readonly operationalMinutes: number;
  readonly degradedMinutes: number;
  readonly outageMinutes: number;
}

/** What a node recorded of the venue. */
export interface UptimeRecord {
  /** By name, those that were ever recorded; days ascending, without those in which nothing was. */
  readonly parts: readonly { readonly name: string; readonly days: readonly UptimeDay[] }[];
}

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
  /** Those of these that there are, in this order. At most HISTORY_PAGE_MAX. */
  readonly ordersById: { query: { readonly orderIds: readonly number[] }; answer: readonly OrderRecord[] };
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
  /** Both sides of a trade, the buyer's first; none: history has no such trade. */
  readonly fillsOfTrade: { query: { readonly tradeId: number }; answer: readonly FillRecord[] };
  /** The last entry that took back a trade of an order; 0 none. */
  readonly canceledSequence: { query: { readonly orderId: number }; answer: number };
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
   * `nextFromSeconds`: where the next question goes on; undefined: that was all. `completeFromSeconds`: up to this second
   * trades may be lacking, also where there is no candle; 0: history has them all.
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
    answer: {
      readonly rows: readonly Candle[];
      readonly nextFromSeconds: number | undefined;
      readonly completeFromSeconds: number;
    };
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
  /** What accounts did on the UTC day that begins at `daySeconds`; those that did nothing are left out. Rejects are those of all. */
  readonly activity: {
    query: { readonly daySeconds: number; readonly accountIds: readonly number[] };
    answer: {
      readonly accounts: readonly ActivityRecord[];
      readonly rejects: readonly { readonly rejectCode: number; readonly count: number }[];
    };
  };
  /** Those that were opened last, or one. At most INCIDENTS_PER_QUERY_MAX. */
  readonly incidents: {
    query: Pick<PageRequest, 'cursor' | 'limit'> & { readonly incidentId?: number };
    answer: Page<IncidentRecord>;
  };
  /** Accounts with the least headroom, or one. At most RISK_ACCOUNTS_MAX, without open orders one by one; `count` is of all accounts. */
  readonly risk: {
    query: { readonly limit: number; readonly accountId?: number };
    answer: {
      readonly timeSeconds: number;
      readonly count: number;
      readonly isVenueKilled: boolean;
      /** By asset in which somebody has a balance, 0 too: what customers' balances lack of nothing and of what their spot orders hold. */
      readonly uncovered: readonly { readonly assetId: number; readonly amountMinor: number }[];
      readonly accounts: readonly RiskRecord[];
    };
  };
  /** How often each part of the venue was up, as this node recorded it. */
  readonly uptime: { query: object; answer: UptimeRecord };
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

/** Who takes a turn at the archive: a user by its id, or one of these. */
export type Asker = number;
export const Asker = {
  /** The node, for what it has to know: with the turn that is being answered. */
  Node: 0,
  /** Whoever asks about the market, together. */
  Anybody: -1,
} as const;
