import type { StatementSync } from 'node:sqlite';
import { CommandType, NewOrder, ReplaceOrder, Side } from '#domain/commands.ts';
import {
  CancelReason,
  CommandAccepted,
  CommandRejected,
  EventFlag,
  EventType,
  IncidentPosted,
  InstrumentAdded,
  LedgerPosted,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderTriggered,
  PositionChanged,
  Trade,
  TradeFlag,
  UserAdded,
} from '#domain/events.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import type { EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type Activity, ActivitySums } from './activity-sums.ts';
import { ADMINISTRATION_FROM, commandBytes, EntryCommands, reasonOf } from './admin-commands.ts';
import type { HistoryDatabase } from './history-database.ts';
import { type HistoryError, historyError } from './history-errors.ts';
import { insertInto } from './history-schema.ts';
import { OrderCompletion } from './order-completion.ts';
import { OrderColumn as C, OrderRows, textOf, textPlace } from './order-rows.ts';
import { TradeSums } from './trade-sums.ts';

const IMAGE = EventFlag.Image << 8;
const AUCTION = TradeFlag.Auction;
const { Buy: BUY, Sell: SELL } = Side;
const TRADE = Trade.at;
const ACCEPTED_TAG = textPlace(OrderAccepted, 'clientTag');
const REPLACED_TAG = textPlace(OrderReplaced, 'clientTag');
const REJECTED_TAG = textPlace(CommandRejected, 'clientTag');
const INCIDENT_TITLE = textPlace(IncidentPosted, 'title');
const INCIDENT_TEXT = textPlace(IncidentPosted, 'text');

/** Where one side of a trade is in its record. */
interface TradeSide {
  readonly accountId: number;
  readonly orderId: number;
  readonly userId: number;
  readonly clientOrderId: number;
  readonly feeMinor: number;
  readonly leavesQtyLots: number;
  readonly reportNumber: number;
}
const MAKER: TradeSide = {
  accountId: TRADE.makerAccountId,
  orderId: TRADE.makerOrderId,
  userId: TRADE.makerUserId,
  clientOrderId: TRADE.makerClientOrderId,
  feeMinor: TRADE.makerFeeMinor,
  leavesQtyLots: TRADE.makerLeavesQtyLots,
  reportNumber: TRADE.makerReportNumber,
};
const TAKER: TradeSide = {
  accountId: TRADE.takerAccountId,
  orderId: TRADE.takerOrderId,
  userId: TRADE.takerUserId,
  clientOrderId: TRADE.takerClientOrderId,
  feeMinor: TRADE.takerFeeMinor,
  leavesQtyLots: TRADE.takerLeavesQtyLots,
  reportNumber: TRADE.takerReportNumber,
};

/** The statements of rows that are written as their event comes. */
type Inserts = {
  readonly [Name in
    | 'rejections'
    | 'fills'
    | 'trades'
    | 'postings'
    | 'positions'
    | 'admin_actions'
    | 'incidents']: StatementSync;
};

/**
 * Writes what happens into the tables of history: one transaction from `flush` to `flush`. Entries that are in the
 * tables already are passed over, so that the log may be applied again from anywhere before `lastSequence`.
 *
 * An error never comes out of `onEvents`, so that the core that feeds it stays whole: `flush` and `sync` throw it, every
 * time from then on, and nothing more is written. A start of the node writes what is missing from the log.
 */
export class HistoryWriter implements EventSink {
  declare private readonly database: HistoryDatabase;
  declare private readonly orders: OrderRows;
  declare private readonly completion: OrderCompletion;
  declare private readonly sums: TradeSums;
  declare private readonly activity: ActivitySums;
  declare private readonly commands: EntryCommands;
  declare private readonly inserts: Inserts;
  declare private readonly addInstrument: StatementSync;
  declare private readonly addUser: StatementSync;
  declare private readonly quoteAssetOf: Map<number, number>;
  declare private _lastSequence: number;
  /** The entry whose events come, its time, and how many of them came. */
  declare private sequence: number;
  declare private timeSeconds: number;
  declare private timeNanos: number;
  declare private position: number;
  declare private _failure: HistoryError | undefined;

  /** @throws HistoryError */
  constructor(database: HistoryDatabase) {
    this.database = database;
    this.orders = new OrderRows(database);
    this.completion = new OrderCompletion(database);
    this.sums = new TradeSums(database);
    this.activity = new ActivitySums(database);
    this.commands = new EntryCommands();
    this.inserts = {
      rejections: database.prepare(insertInto('rejections')),
      fills: database.prepare(insertInto('fills')),
      trades: database.prepare(insertInto('trades')),
      postings: database.prepare(insertInto('postings')),
      positions: database.prepare(insertInto('positions')),
      admin_actions: database.prepare(insertInto('admin_actions')),
      incidents: database.prepare(insertInto('incidents')),
    };
    this.addInstrument = database.prepare('INSERT OR REPLACE INTO instruments VALUES (?, ?)');
    this.addUser = database.prepare('INSERT OR REPLACE INTO users VALUES (?, ?)');
    const instruments = database.prepare('SELECT instrumentId, quoteAssetId FROM instruments').all();
    this.quoteAssetOf = new Map(
      instruments.map(({ instrumentId, quoteAssetId }) => [Number(instrumentId), Number(quoteAssetId)]),
    );
    this._lastSequence = database.meta.lastSequence;
    this.sequence = this._lastSequence;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.position = 0;
    this._failure = undefined;
  }

  /** Last entry that is in the tables. */
  get lastSequence(): number {
    return this._lastSequence;
  }

  /** First entry from which on nothing is lacking. */
  get completeFrom(): number {
    return this.database.meta.completeFrom;
  }

  /** Why nothing is written any more, if that is so. */
  get failure(): HistoryError | undefined {
    return this._failure;
  }

  /** The log's entry in words `from` up to `to`, before the core applies it: what was asked, where an event only answers. */
  onEntry(words: WordBuffer, from: number, to: number): void {
    this.commands.begin(words, from, to);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this._failure !== undefined) return;
    try {
      this.#write(words, from, to);
    } catch (error) {
      this._failure = historyError(this.database.file, error);
    }
  }

  /**
   * Takes over what stands after entry `sequence` at log time `timeSeconds`, as image events that `describe` makes, where history cannot have what
   * led there: it is complete from the entry after it on. Orders that stood before and stand no more end as Unknown; those of which history had
   * nothing have sequence 0 until `complete` says what else there is to know.
   * @throws HistoryError
   */
  beginAfter(
    sequence: number,
    timeSeconds: number,
    stateHash: string,
    describe: (sink: EventSink) => void,
  ): void {
    const { database } = this;
    try {
      database.begin();
      const { Open, Unknown } = OrderStatus;
      database.exec(`UPDATE orders SET status = ${Unknown} WHERE status = ${Open}`);
      const { at: TERMS } = OrderAccepted;
      const revive = database.prepare(
        `UPDATE orders SET status = ${Open}, qtyLots = ?, cumQtyLots = ? WHERE orderId = ?`,
      );
      describe({
        onEvents: (words, from, to) => {
          const { i32, f64 } = words;
          for (let at = from; at < to; at += i32[at] >>> 16) {
            const type = i32[at] & 255;
            if (type !== EventType.OrderAccepted) {
              this.#register(words, at, type);
              continue;
            }
            const orderId = f64[(at + TERMS.orderId) >> 1];
            const { changes } = revive.run(
              f64[(at + TERMS.qtyLots) >> 1],
              f64[(at + TERMS.cumQtyLots) >> 1],
              orderId,
            );
            if (changes !== 0) continue;
            this.#at(words, at);
            this.orders.values[this.#accept(words, at) + C.sequence] = 0;
          }
        },
      });
      this.orders.write();
      database.commit({
        completeFrom: sequence + 1,
        completeFromSeconds: timeSeconds,
        lastSequence: sequence,
        stateHash,
      });
    } catch (error) {
      this._failure = historyError(database.file, error);
      throw this._failure;
    }
    this._lastSequence = sequence;
    this.sequence = sequence;
  }

  /**
   * Ends the step: readers find everything up to entry `sequence`, after which the core has `stateHash`.
   * @throws HistoryError
   */
  flush(sequence: number, stateHash: string): void {
    if (this._failure !== undefined) throw this._failure;
    if (sequence <= this._lastSequence) return;
    try {
      this.database.begin();
      this.orders.write();
      this.sums.write();
      this.activity.write();
      this.database.commit({ lastSequence: sequence, stateHash });
    } catch (error) {
      this._failure = historyError(this.database.file, error);
      throw this._failure;
    }
    this._lastSequence = sequence;
  }

  /** Users with orders of which only the state says that they stood. */
  incompleteUsers(): number[] {
    const rows = this.database.prepare('SELECT DISTINCT userId FROM orders WHERE sequence = 0').all();
    return rows.map(({ userId }) => Number(userId));
  }

  /**
   * Adds what the state does not say of orders that stood when history began, and to those that replaced them since. What was written must have
   * been flushed.
   * @param orders as they were when history began
   * @throws HistoryError
   */
  complete(orders: Iterable<OrderRecord>): void {
    if (this._failure !== undefined) throw this._failure;
    try {
      this.database.begin();
      for (const order of orders) this.completion.add(order, this.completeFrom);
      this.database.commit({});
    } catch (error) {
      this._failure = historyError(this.database.file, error);
      throw this._failure;
    }
  }

  /** Makes durable what was flushed: a snapshot that follows may forget it. @throws HistoryError */
  sync(): void {
    if (this._failure !== undefined) throw this._failure;
    try {
      this.database.sync();
    } catch (error) {
      this._failure = historyError(this.database.file, error);
      throw this._failure;
    }
  }

  #write(words: WordBuffer, from: number, to: number): void {
    const { i32, f64 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const head = i32[at];
      if ((head & IMAGE) !== 0) continue;
      const sequence = f64[(at + 2) >> 1];
      if (sequence <= this._lastSequence) continue;
      this.database.begin();
      if (sequence !== this.sequence) {
        this.#at(words, at);
        this.position = 0;
      }
      this.#event(words, at, head & 255);
      this.position++;
    }
  }

  /** Takes over an event's sequence and time. */
  #at({ i32, f64 }: WordBuffer, at: number): void {
    this.sequence = f64[(at + 2) >> 1];
    this.timeSeconds = i32[at + 4] >>> 0;
    this.timeNanos = i32[at + 5];
  }

  #event(words: WordBuffer, at: number, type: number): void {
    switch (type) {
      case EventType.OrderAccepted:
        this.#accept(words, at);
        this.#count('orders', words.i32[at + OrderAccepted.at.accountId]);
        return;
      case EventType.OrderCanceled:
        this.#cancel(words, at);
        return;
      case EventType.Trade:
        this.#trade(words, at);
        return;
      case EventType.OrderReplaced:
        this.#replace(words, at);
        return;
      case EventType.OrderTriggered: {
        const row = this.#changed(words.f64[(at + OrderTriggered.at.orderId) >> 1]);
        this.orders.values[row + C.triggered] = 1;
        return;
      }
      case EventType.LedgerPosted:
        this.#post(words, at);
        return;
      case EventType.PositionChanged:
        this.#position(words, at);
        return;
      case EventType.CommandAccepted:
        this.#administer(words, at, words.i32[at + CommandAccepted.at.commandType] & 255, 0);
        return;
      case EventType.CommandRejected:
        this.#refuse(words, at);
        return;
      case EventType.IncidentPosted:
        this.#incident(words, at);
        return;
      default:
        this.#register(words, at, type);
    }
  }

  /** What rows that come later need to know. */
  #register({ i32 }: WordBuffer, at: number, type: number): void {
    if (type === EventType.InstrumentAdded) {
      const quoteAssetId = i32[at + InstrumentAdded.at.quoteAssetId];
      this.quoteAssetOf.set(i32[at + 1], quoteAssetId);
      this.addInstrument.run(i32[at + 1], quoteAssetId);
    } else if (type === EventType.UserAdded) {
      this.addUser.run(i32[at + UserAdded.at.newUserId], i32[at + UserAdded.at.accountId]);
    }
  }

  /** The row of an order that this event changes. */
  #changed(orderId: number): number {
    const row = this.orders.of(orderId);
    const { values } = this.orders;
    values[row + C.updatedSequence] = this.sequence;
    values[row + C.updatedSeconds] = this.timeSeconds;
    values[row + C.updatedNanos] = this.timeNanos;
    return row;
  }

  /** Returns where the order's columns begin. */
  #accept(words: WordBuffer, at: number): number {
    const row = this.orders.add(
      words.f64[(at + OrderAccepted.at.orderId) >> 1],
      textOf(words, at, ACCEPTED_TAG),
    );
    this.#terms(words, at, row);
    return row;
  }

  /** The fields that OrderAccepted and OrderReplaced share. */
  #terms({ i32, f64 }: WordBuffer, at: number, row: number): void {
    const { values } = this.orders;
    const terms = i32[at + OrderAccepted.at.side];
    values[row + C.sequence] = this.sequence;
    values[row + C.timeSeconds] = this.timeSeconds;
    values[row + C.timeNanos] = this.timeNanos;
    values[row + C.userId] = i32[at + 6];
    values[row + C.accountId] = i32[at + OrderAccepted.at.accountId];
    values[row + C.instrumentId] = i32[at + 1];
    values[row + C.clientOrderId] = i32[at + OrderAccepted.at.clientOrderId];
    values[row + C.status] = OrderStatus.Open;
    values[row + C.side] = terms & 255;
    values[row + C.orderType] = (terms >> 8) & 255;
    values[row + C.timeInForce] = (terms >> 16) & 255;
    values[row + C.orderFlags] = terms >>> 24;
    values[row + C.priceTicks] = i32[at + OrderAccepted.at.priceTicks];
    values[row + C.stopPriceTicks] = i32[at + OrderAccepted.at.stopPriceTicks];
    values[row + C.expireSeconds] = i32[at + OrderAccepted.at.expireSeconds] >>> 0;
    values[row + C.qtyLots] = f64[(at + OrderAccepted.at.qtyLots) >> 1];
    values[row + C.displayQtyLots] = f64[(at + OrderAccepted.at.displayQtyLots) >> 1];
    values[row + C.minQtyLots] = f64[(at + OrderAccepted.at.minQtyLots) >> 1];
    values[row + C.cumQtyLots] = f64[(at + OrderAccepted.at.cumQtyLots) >> 1];
    values[row + C.updatedSequence] = this.sequence;
    values[row + C.updatedSeconds] = this.timeSeconds;
    values[row + C.updatedNanos] = this.timeNanos;
  }

  #cancel({ i32, f64 }: WordBuffer, at: number): void {
    const row = this.#changed(f64[(at + OrderCanceled.at.orderId) >> 1]);
    const { values } = this.orders;
    const reason = (i32[at + OrderCanceled.at.reason] >> 8) & 255;
    // Others are no messages of the account.
    if (reason === CancelReason.Requested || reason === CancelReason.MassCancel)
      this.#count('cancels', i32[at + OrderCanceled.at.accountId]);
    if (f64[(at + OrderCanceled.at.leavesQtyLots) >> 1] !== 0) {
      values[row + C.qtyLots] -= f64[(at + OrderCanceled.at.canceledQtyLots) >> 1];
      return;
    }
    const isExpiry = reason === CancelReason.Expired || reason === CancelReason.EndOfDay;
    values[row + C.status] = isExpiry ? OrderStatus.Expired : OrderStatus.Canceled;
    values[row + C.cancelReason] = reason;
  }

  #replace(words: WordBuffer, at: number): void {
    const { f64 } = words;
    const orderId = f64[(at + OrderReplaced.at.orderId) >> 1];
    const originalOrderId = f64[(at + OrderReplaced.at.originalOrderId) >> 1];
    const original = this.#changed(originalOrderId);
    this.orders.values[original + C.status] = OrderStatus.Replaced;
    this.orders.values[original + C.replacedByOrderId] = orderId;
    this.#count('replaces', words.i32[at + OrderReplaced.at.accountId]);
    const row = this.orders.add(orderId, textOf(words, at, REPLACED_TAG));
    this.#terms(words, at, row);
    this.orders.values[row + C.originalOrderId] = originalOrderId;
  }

  #trade(words: WordBuffer, at: number): void {
    const { i32, f64 } = words;
    const instrumentId = i32[at + 1];
    const kind = i32[at + TRADE.aggressorSide];
    const aggressorSide = kind & 255;
    const isAuction = ((kind >> 8) & AUCTION) !== 0;
    const qtyLots = f64[(at + TRADE.qtyLots) >> 1];
    const amountMinor = f64[(at + TRADE.amountMinor) >> 1];
    const priceTicks = i32[at + TRADE.priceTicks];
    const { sequence, timeSeconds, timeNanos } = this;
    // In an auction's trade the buyer stands in the maker's fields.
    const makerSide = isAuction || aggressorSide === SELL ? BUY : SELL;
    this.#fill(words, at, MAKER, makerSide, isAuction ? 0 : 1);
    this.#fill(words, at, TAKER, makerSide === BUY ? SELL : BUY, 0);
    this.inserts.trades.run(
      instrumentId,
      f64[(at + TRADE.tradeId) >> 1],
      sequence,
      timeSeconds,
      timeNanos,
      priceTicks,
      qtyLots,
      amountMinor,
      aggressorSide,
    );
    const tradeId = f64[(at + TRADE.tradeId) >> 1];
    this.sums.trade(
      instrumentId,
      timeSeconds,
      sequence,
      tradeId,
      priceTicks,
      qtyLots,
      amountMinor,
      aggressorSide,
    );
  }

  #fill({ i32, f64 }: WordBuffer, at: number, place: TradeSide, side: number, isMaker: number): void {
    const tradeId = f64[(at + TRADE.tradeId) >> 1];
    const qtyLots = f64[(at + TRADE.qtyLots) >> 1];
    const amountMinor = f64[(at + TRADE.amountMinor) >> 1];
    const orderId = f64[(at + place.orderId) >> 1];
    const feeMinor = f64[(at + place.feeMinor) >> 1];
    const leavesQtyLots = f64[(at + place.leavesQtyLots) >> 1];
    const accountId = i32[at + place.accountId];
    const instrumentId = i32[at + 1];
    const row = this.#changed(orderId);
    const { values } = this.orders;
    values[row + C.cumQtyLots] += qtyLots;
    values[row + C.cumAmountMinor] += amountMinor;
    values[row + C.feeMinor] += feeMinor;
    if (values[row + C.firstTradeId] === 0) values[row + C.firstTradeId] = tradeId;
    values[row + C.lastTradeId] = tradeId;
    if (leavesQtyLots === 0) values[row + C.status] = OrderStatus.Filled;
    this.#count('trades', accountId);
    const feeAssetId = this.quoteAssetOf.get(instrumentId) ?? 0;
    this.sums.fee(accountId, feeAssetId, this.timeSeconds, this.sequence, feeMinor);
    this.inserts.fills.run(
      accountId,
      tradeId,
      orderId,
      this.sequence,
      this.timeSeconds,
      this.timeNanos,
      i32[at + place.userId],
      i32[at + place.clientOrderId],
      instrumentId,
      side,
      isMaker,
      i32[at + TRADE.priceTicks],
      qtyLots,
      amountMinor,
      feeMinor,
      feeAssetId,
      leavesQtyLots,
      i32[at + place.reportNumber] >>> 0,
    );
  }

  #post({ i32, f64 }: WordBuffer, at: number): void {
    this.inserts.postings.run(
      i32[at + LedgerPosted.at.accountId],
      this.sequence,
      this.position,
      this.timeSeconds,
      this.timeNanos,
      i32[at + LedgerPosted.at.assetId],
      i32[at + 1],
      i32[at + LedgerPosted.at.kind] & 255,
      f64[(at + LedgerPosted.at.amountMinor) >> 1],
      f64[(at + LedgerPosted.at.balanceMinor) >> 1],
    );
  }

  #position({ i32, f64 }: WordBuffer, at: number): void {
    this.inserts.positions.run(
      i32[at + PositionChanged.at.accountId],
      this.sequence,
      this.position,
      this.timeSeconds,
      this.timeNanos,
      i32[at + 1],
      f64[(at + PositionChanged.at.positionLots) >> 1],
      f64[(at + PositionChanged.at.entryValueMinor) >> 1],
      f64[(at + PositionChanged.at.realisedMinor) >> 1],
    );
  }

  #refuse(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const commandType = i32[at + CommandRejected.at.commandType] & 255;
    const rejectCode = i32[at + CommandRejected.at.rejectCode] >>> 16;
    const accountId = i32[at + CommandRejected.at.accountId];
    this.activity.reject(rejectCode, accountId, this.timeSeconds, this.sequence);
    if (commandType >= ADMINISTRATION_FROM) this.#administer(words, at, commandType, rejectCode);
    else if (commandType === CommandType.NewOrder || commandType === CommandType.ReplaceOrder) {
      this.#refuseOrder(words, at, commandType, rejectCode);
    }
  }

  /** @param rejectCode 0: accepted */
  #administer({ i32 }: WordBuffer, at: number, commandType: number, rejectCode: number): void {
    const isAccepted = rejectCode === 0;
    const userId = i32[at + 6] >>> 0;
    const clientOrderId = i32[at + (isAccepted ? CommandAccepted : CommandRejected).at.clientOrderId] >>> 0;
    const command = this.commands.next(commandType, userId, clientOrderId);
    this.inserts.admin_actions.run(
      this.sequence,
      this.position,
      this.timeSeconds,
      this.timeNanos,
      userId,
      commandType,
      i32[at + 1] >>> 0,
      clientOrderId,
      rejectCode,
      command === -1 ? '' : reasonOf(this.commands.memory, command),
      command === -1 ? new Uint8Array(0) : commandBytes(this.commands.memory, command),
    );
  }

  #incident(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const terms = i32[at + IncidentPosted.at.severity];
    this.inserts.incidents.run(
      i32[at + IncidentPosted.at.incidentId],
      this.sequence,
      this.position,
      this.timeSeconds,
      this.timeNanos,
      terms & 255,
      (terms >> 8) & 255,
      i32[at + IncidentPosted.at.components],
      textOf(words, at, INCIDENT_TITLE),
      textOf(words, at, INCIDENT_TEXT),
    );
  }

  #count(activity: Activity, accountId: number): void {
    this.activity.count(activity, accountId, this.timeSeconds, this.sequence);
  }

  /** The order's terms are in the command alone. */
  #refuseOrder(words: WordBuffer, at: number, commandType: number, rejectCode: number): void {
    const { i32 } = words;
    const userId = i32[at + 6] >>> 0;
    const clientOrderId = i32[at + CommandRejected.at.clientOrderId] >>> 0;
    const command = this.commands.next(commandType, userId, clientOrderId);
    const terms = commandType === CommandType.NewOrder ? NewOrder.at : { ...NO_TERMS, ...ReplaceOrder.at };
    const source = this.commands.memory;
    const word = (offset: number): number =>
      offset === 0 || command === -1 ? 0 : source.i32[command + offset];
    const lots = (offset: number): number =>
      offset === 0 || command === -1 ? 0 : integerOr0(source.f64[(command + offset) >> 1]);
    const attributes = word(terms.side);
    this.inserts.rejections.run(
      this.sequence,
      this.position,
      this.timeSeconds,
      this.timeNanos,
      userId,
      i32[at + CommandRejected.at.accountId],
      i32[at + 1] >>> 0,
      commandType,
      clientOrderId,
      rejectCode,
      attributes & 255,
      (attributes >> 8) & 255,
      (attributes >> 16) & 255,
      attributes >>> 24,
      word(terms.priceTicks),
      word(terms.stopPriceTicks),
      word(terms.expireSeconds) >>> 0,
      lots(terms.qtyLots),
      lots(terms.displayQtyLots),
      lots(terms.minQtyLots),
      textOf(words, at, REJECTED_TAG),
    );
  }
}

/** Fields that only a new order has: offset 0 stands for "none". */
const NO_TERMS = { side: 0, minQtyLots: 0 } as const;

/** A refused order may have any number where a quantity should be; the table has integers. */
function integerOr0(value: number): number {
  return Number.isSafeInteger(value) ? value : 0;
}
