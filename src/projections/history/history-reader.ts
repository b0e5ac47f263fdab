import type { StatementSync } from 'node:sqlite';
import {
  type AdminActionRecord,
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  ArchiveRefusedError,
  type FeeRecord,
  type FillRecord,
  type OrderRecord,
  OrderStatus,
  type Owner,
  type Page,
  type PositionRecord,
  type PostingRecord,
  type TradeRecord,
} from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { CANDLE_SECONDS } from '#domain/market-views.ts';
import { REGULATORY_FIELDS } from '#domain/regulatory-fields.ts';
import { ActivityReader } from './activity-reader.ts';
import { CandleFold, type FoldTrade } from './candle-fold.ts';
import type { HistoryDatabase } from './history-database.ts';
import { historyError } from './history-errors.ts';
import { CANDLE_COLUMNS, ORDER_COLUMNS } from './history-schema.ts';
import { IncidentReader } from './incident-reader.ts';
import { badQuery, type Filters, type List, Pages, pageLimit } from './pages.ts';
import { STORED_CANDLE_SECONDS } from './trade-sums.ts';

/** Questions that are answered from what stands, not from history. */
export const LIVE_QUESTIONS = ['accounts', 'risk', 'uptime'] as const satisfies readonly ArchiveQuestion[];
export type LiveQuestion = (typeof LIVE_QUESTIONS)[number];
/** Questions that history answers. */
export type HistoryQuestion = Exclude<ArchiveQuestion, LiveQuestion>;
export type HistoryQuery = ArchiveQuery<HistoryQuestion>;

const { Open, Rejected } = OrderStatus;
const SPANS: readonly number[] = Object.values(CANDLE_SECONDS);

const ORDER = `${ORDER_COLUMNS.join(', ')}, clientTag, 0 AS rejectCode,
  iif(status = ${Open}, qtyLots - cumQtyLots, 0) AS leavesQtyLots`;

/**
 * Refused orders in the form of others. What a replace does not say is that of the order that it named, if there was one then: an order may have
 * got the number since. Of the same entry, numbers grow.
 */
const REJECTIONS = `SELECT 0 AS orderId, refused.sequence, refused.timeSeconds, refused.timeNanos, refused.userId, refused.accountId,
  iif(refused.instrumentId = 0, coalesce(original.instrumentId, 0), refused.instrumentId) AS instrumentId,
  refused.clientOrderId, ${Rejected} AS status, 0 AS cancelReason,
  ${['side', 'orderType', 'timeInForce', 'orderFlags'].map((name) => `coalesce(original.${name}, refused.${name}) AS ${name}`).join(', ')},
  refused.priceTicks, refused.stopPriceTicks, refused.expireSeconds, refused.qtyLots, refused.displayQtyLots,
  refused.minQtyLots, ${REGULATORY_FIELDS.map((name) => `refused.${name}`).join(', ')},
  0 AS cumQtyLots, 0 AS cumAmountMinor, 0 AS feeMinor, 0 AS triggered,
  coalesce(original.orderId, 0) AS originalOrderId, 0 AS replacedByOrderId, 0 AS firstTradeId, 0 AS lastTradeId,
  refused.sequence AS updatedSequence, refused.timeSeconds AS updatedSeconds, refused.timeNanos AS updatedNanos,
  refused.clientTag, refused.rejectCode, 0 AS leavesQtyLots
  FROM rejections AS refused LEFT JOIN orders AS original ON refused.originalClientOrderId != 0
    AND original.userId = refused.userId AND original.clientOrderId = refused.originalClientOrderId
    AND (original.sequence < refused.sequence
      OR original.sequence = refused.sequence AND original.clientOrderId < refused.clientOrderId)`;

const ORDERS: List = { table: 'orders', columns: ORDER, group: ['accountId'], key: 'orderId' };
const OPEN_ORDERS: List = { ...ORDERS, condition: `status = ${Open}` };
/** The entry that took the trade of a row back; 0 none. */
const CANCELED_SEQUENCE = `coalesce((SELECT canceled.sequence FROM trade_cancels AS canceled
  WHERE canceled.tradeId = page.tradeId), 0) AS canceledSequence`;

const FILLS: List = {
  table: 'fills',
  columns: `*, ${CANCELED_SEQUENCE}`,
  group: ['accountId'],
  key: 'tradeId',
  subkey: 'orderId',
};
const TRADES: List = {
  table: 'trades',
  columns: `*, ${CANCELED_SEQUENCE}`,
  group: ['instrumentId'],
  key: 'tradeId',
};
/** Both sides of a trade: fills are in the order of their accounts, each of which is looked at once. */
const FILLS_OF_TRADE = `WITH RECURSIVE account (accountId) AS (
    SELECT min(accountId) FROM fills
    UNION ALL
    SELECT (SELECT min(fills.accountId) FROM fills WHERE fills.accountId > account.accountId) FROM account
    WHERE account.accountId IS NOT NULL
  )
  SELECT page.*, ${CANCELED_SEQUENCE} FROM account
  JOIN fills AS page ON page.accountId = account.accountId AND page.tradeId = ?
  ORDER BY page.side, page.orderId`;
/** Of an order may have been many fills, with many of others between them; few trades were taken back. */
const CANCELED_OF_ORDER = `SELECT coalesce(max(canceled.sequence), 0) AS sequence FROM orders
  JOIN trade_cancels AS canceled ON canceled.tradeId BETWEEN orders.firstTradeId AND orders.lastTradeId
  JOIN fills ON fills.accountId = orders.accountId AND fills.tradeId = canceled.tradeId AND fills.orderId = orders.orderId
  WHERE orders.orderId = ?`;
const POSTINGS: List = {
  table: 'postings',
  columns: '*',
  group: ['accountId'],
  key: 'sequence',
  subkey: 'position',
};
const POSITIONS: List = { ...POSTINGS, table: 'positions' };
const ADMIN_ACTIONS: List = {
  ...POSTINGS,
  table: 'admin_actions',
  columns: `sequence, position, timeSeconds, timeNanos, userId, commandType, instrumentId, clientOrderId, rejectCode,
    reason, lower(hex(command)) AS commandHex`,
  group: [],
};

/** Answers questions about history from what was flushed. Plain objects; each answer is bounded. */
export class HistoryReader {
  declare private readonly database: HistoryDatabase;
  declare private readonly pages: Pages;
  declare private readonly activity: ActivityReader;
  declare private readonly incidents: IncidentReader;
  declare private readonly accountOfUser: StatementSync;
  declare private readonly orderById: StatementSync;
  /** By (user, number), then by (user, text); each: accepted orders, then refused ones. */
  declare private readonly ordersByNumber: readonly StatementSync[];
  declare private readonly ordersByTag: readonly StatementSync[];
  declare private readonly fillsOfTrade: StatementSync;
  declare private readonly canceledOfOrder: StatementSync;
  declare private readonly storedCandles: StatementSync;
  declare private readonly firstTradeAt: StatementSync;
  declare private readonly newestTrade: StatementSync;
  declare private readonly tradesFrom: StatementSync;
  declare private readonly feesBetween: StatementSync;

  constructor(database: HistoryDatabase) {
    const prepare = (sql: string): StatementSync => database.prepare(sql);
    this.database = database;
    this.pages = new Pages(database);
    this.activity = new ActivityReader(database);
    this.incidents = new IncidentReader(database);
    this.accountOfUser = prepare('SELECT accountId FROM users WHERE userId = ?');
    this.orderById = prepare(`SELECT ${ORDER} FROM orders WHERE orderId = ?`);
    this.ordersByNumber = [
      prepare(`SELECT ${ORDER} FROM orders WHERE userId = ? AND clientOrderId = ? ORDER BY orderId LIMIT 1`),
      prepare(
        `${REJECTIONS} WHERE refused.userId = ? AND refused.clientOrderId = ?
         ORDER BY refused.sequence, refused.position LIMIT 1`,
      ),
    ];
    this.ordersByTag = [
      prepare(
        `SELECT ${ORDER} FROM orders WHERE userId = ? AND clientTag = ? AND clientTag != ''
         ORDER BY orderId DESC LIMIT 1`,
      ),
      prepare(
        `${REJECTIONS} WHERE refused.userId = ? AND refused.clientTag = ? AND refused.clientTag != ''
         ORDER BY refused.sequence DESC, refused.position DESC LIMIT 1`,
      ),
    ];
    this.fillsOfTrade = prepare(FILLS_OF_TRADE);
    this.canceledOfOrder = prepare(CANCELED_OF_ORDER);
    this.storedCandles = prepare(
      `SELECT ${CANDLE_COLUMNS.join(', ')} FROM candles
       WHERE instrumentId = ? AND intervalSeconds = ? AND openSeconds >= ? AND openSeconds < ? ORDER BY openSeconds`,
    );
    this.firstTradeAt = prepare(
      'SELECT tradeId, timeSeconds FROM trades WHERE instrumentId = ? AND tradeId >= ? ORDER BY tradeId LIMIT 1',
    );
    this.newestTrade = prepare('SELECT max(tradeId) AS tradeId FROM trades WHERE instrumentId = ?');
    this.tradesFrom = prepare(
      'SELECT * FROM trades WHERE instrumentId = ? AND tradeId >= ? ORDER BY tradeId',
    );
    this.feesBetween = prepare(
      `SELECT accountId, assetId, daySeconds, feeMinor FROM fees
       WHERE accountId = ? AND daySeconds >= ? AND daySeconds < ? AND (?4 = 0 OR assetId = ?4)
       ORDER BY daySeconds, assetId LIMIT ${Limits.ASSETS_MAX + 1}`,
    );
  }

  /** First entry from which on nothing is lacking. */
  get completeFrom(): number {
    return this.database.meta.completeFrom;
  }

  /** @throws ArchiveRefusedError BAD_QUERY; HistoryError */
  answer(query: HistoryQuery): ArchiveAnswerOf<HistoryQuestion> {
    try {
      return this.#answer(query);
    } catch (error) {
      if (error instanceof ArchiveRefusedError) throw error;
      throw historyError(this.database.file, error);
    }
  }

  #answer(query: HistoryQuery): ArchiveAnswerOf<HistoryQuestion> {
    switch (query.type) {
      case 'order':
        return this.#one(this.orderById, id('orderId', query.orderId));
      case 'ordersById':
        return this.#ordersById(query);
      case 'orderByClient':
        return this.#orderByClient(query);
      case 'openOrders':
        return this.#ofOwner<OrderRecord>(OPEN_ORDERS, query, query, { instrumentId: query.instrumentId });
      case 'orders':
        return this.#ofOwner<OrderRecord>(ORDERS, query, query, { instrumentId: query.instrumentId });
      case 'fills':
        return this.#fills(query);
      case 'fillsOfTrade':
        return this.fillsOfTrade
          .all(id('tradeId', query.tradeId))
          .map((row) => ({ ...row }) as unknown as FillRecord);
      case 'canceledSequence':
        return Number(this.canceledOfOrder.get(id('orderId', query.orderId))?.['sequence']);
      case 'trades': {
        const instrumentId = id('instrumentId', query.instrumentId);
        return this.pages.read<TradeRecord>(TRADES, [instrumentId], {}, query);
      }
      case 'postings': {
        const { assetId } = query;
        return this.pages.read<PostingRecord>(POSTINGS, [accountOf(query)], { assetId }, query);
      }
      case 'positions': {
        const { instrumentId } = query;
        return this.pages.read<PositionRecord>(POSITIONS, [accountOf(query)], { instrumentId }, query);
      }
      case 'adminActions': {
        const { userId, commandType } = query;
        return this.pages.read<AdminActionRecord>(ADMIN_ACTIONS, [], { userId, commandType }, query);
      }
      case 'candles':
        return this.#candles(query);
      case 'fees':
        return this.#fees(query);
      case 'activity':
        return this.activity.answer(query);
      case 'incidents':
        return this.incidents.answer(query);
      case 'coverage': {
        const { completeFrom, lastSequence } = this.database.meta;
        return { completeFrom, lastSequence };
      }
      default:
        throw badQuery(`there is no question ${String((query as { type: unknown }).type)}`);
    }
  }

  #one(statement: StatementSync, ...parameters: (number | string)[]): OrderRecord | undefined {
    const row = statement.get(...parameters);
    return row === undefined ? undefined : ({ ...row } as unknown as OrderRecord);
  }

  #ordersById({ orderIds }: ArchiveQuery<'ordersById'>): OrderRecord[] {
    const max = Limits.HISTORY_PAGE_MAX;
    if (!Array.isArray(orderIds) || orderIds.length > max)
      throw badQuery(`orderIds must be a list of at most ${max}`);
    const orders = orderIds.map((orderId) => this.#one(this.orderById, id('orderIds', orderId)));
    return orders.filter((order) => order !== undefined);
  }

  #orderByClient({
    userId,
    clientOrderId,
    clientTag,
  }: ArchiveQuery<'orderByClient'>): OrderRecord | undefined {
    if ((clientOrderId === undefined) === (clientTag === undefined)) {
      throw badQuery('give clientOrderId or clientTag');
    }
    if (clientTag !== undefined && typeof clientTag !== 'string') throw badQuery('clientTag is a text');
    const statements = clientTag === undefined ? this.ordersByNumber : this.ordersByTag;
    const key = clientTag ?? id('clientOrderId', clientOrderId);
    // What was refused never lived: its number and text may have been used again.
    const [accepted, refused] = statements;
    return this.#one(accepted, id('userId', userId), key) ?? this.#one(refused, userId, key);
  }

  #ofOwner<Row>(list: List, { userId, accountId }: Owner, request: PageOf, filters: Filters): Page<Row> {
    if ((userId === undefined) === (accountId === undefined)) throw badQuery('give userId or accountId');
    if (userId === undefined)
      return this.pages.read<Row>(list, [id('accountId', accountId)], filters, request);
    const user = this.accountOfUser.get(id('userId', userId)) as { accountId: number } | undefined;
    if (user === undefined) return { rows: [], cursor: undefined };
    return this.pages.read<Row>(list, [user.accountId], { ...filters, userId }, request);
  }

  /** An order's fills lie between its first and its last. */
  #fills(query: ArchiveQuery<'fills'>): Page<FillRecord> {
    const { orderId, instrumentId } = query;
    if (orderId === undefined) return this.#ofOwner<FillRecord>(FILLS, query, query, { instrumentId });
    const order = this.#one(this.orderById, id('orderId', orderId));
    const isTheirs =
      order !== undefined &&
      (query.userId === undefined || query.userId === order.userId) &&
      (query.accountId === undefined || query.accountId === order.accountId);
    if (!isTheirs || order.firstTradeId === 0) return { rows: [], cursor: undefined };
    const keys = { from: order.firstTradeId, to: order.lastTradeId };
    return this.pages.read<FillRecord>(FILLS, [order.accountId], { orderId, instrumentId }, query, keys);
  }

  #candles(query: ArchiveQuery<'candles'>): ArchiveAnswerOf<'candles'> {
    const { fromSeconds, toSeconds, intervalSeconds } = query;
    const instrumentId = id('instrumentId', query.instrumentId);
    if (!SPANS.includes(intervalSeconds))
      throw badQuery(`intervalSeconds must be one of ${SPANS.join(', ')}`);
    const from = Math.ceil(seconds('fromSeconds', fromSeconds) / intervalSeconds) * intervalSeconds;
    const to = seconds('toSeconds', toSeconds);
    const limit = pageLimit(query.limit, Limits.HISTORY_CANDLES_MAX);
    const fold = new CandleFold(intervalSeconds, limit, this.database.meta.completeFromSeconds);
    const stored = STORED_CANDLE_SECONDS.findLast((span) => intervalSeconds % span === 0);
    // A candle that opens in time may end later.
    const end = Math.ceil(to / intervalSeconds) * intervalSeconds;
    if (stored === undefined) {
      for (const row of this.tradesFrom.iterate(instrumentId, this.#firstTrade(instrumentId, from))) {
        const trade = row as unknown as FoldTrade;
        if (trade.timeSeconds >= end || !fold.addTrade(trade)) break;
      }
    } else {
      for (const row of this.storedCandles.iterate(instrumentId, stored, from, end)) {
        if (!fold.addRow(row)) break;
      }
    }
    return fold.result();
  }

  /** Id of an instrument's first trade that is not before `fromSeconds`. */
  #firstTrade(instrumentId: number, fromSeconds: number): number {
    let low = 0;
    let high = Number(this.newestTrade.get(instrumentId)?.['tradeId'] ?? 0) + 1;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      const row = this.firstTradeAt.get(instrumentId, middle);
      if (row === undefined || Number(row['timeSeconds']) >= fromSeconds) high = middle;
      else low = Number(row['tradeId']) + 1;
    }
    return low;
  }

  #fees(query: ArchiveQuery<'fees'>): ArchiveAnswerOf<'fees'> {
    const rows = this.feesBetween
      .all(
        accountOf(query),
        seconds('fromSeconds', query.fromSeconds),
        seconds('toSeconds', query.toSeconds),
        query.assetId === undefined ? 0 : id('assetId', query.assetId),
      )
      .map((row) => ({ ...row }) as unknown as FeeRecord);
    if (rows.length <= Limits.ASSETS_MAX) return { rows, nextFromSeconds: undefined };
    const nextFromSeconds = rows[rows.length - 1].daySeconds;
    return { rows: rows.filter(({ daySeconds }) => daySeconds < nextFromSeconds), nextFromSeconds };
  }
}

type PageOf = Parameters<Pages['read']>[3];

function id(name: string, value: number | undefined): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw badQuery(`${name} must be a number from 0`);
}

function accountOf({ accountId }: Owner): number {
  return id('accountId', accountId);
}

function seconds(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value < 2 ** 33) return value;
  throw badQuery(`${name} must be seconds since 1970`);
}
