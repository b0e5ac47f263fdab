import type { StatementSync } from 'node:sqlite';
import { CommandType } from '#domain/commands.ts';
import { CancelReason, OrderAccepted, OrderCanceled, OrderReplaced, OrderTriggered } from '#domain/events.ts';
import { OrderStatus, triggerMicros } from '#domain/history.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { readRegulatoryFields } from '../regulatory-words.ts';
import type { EntryCommands } from './entry-commands.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { OrderColumn as C, MONEY_MAX, OrderRows, textOf, textPlace } from './order-rows.ts';

const { Open: OPEN, Unknown: UNKNOWN } = OrderStatus;
const ACCEPTED_TAG = textPlace(OrderAccepted, 'clientTag');
const REPLACED_TAG = textPlace(OrderReplaced, 'clientTag');

/** Writes orders: their terms, and what became of them since. */
export class OrderWriter {
  declare private readonly database: HistoryDatabase;
  declare private readonly moment: EventMoment;
  declare private readonly commands: EntryCommands;
  declare private readonly rows: OrderRows;
  declare private readonly revive: StatementSync;

  /** @param beforeRow called before each row that `write` writes */
  constructor(
    database: HistoryDatabase,
    moment: EventMoment,
    commands: EntryCommands,
    beforeRow: () => void,
  ) {
    this.database = database;
    this.moment = moment;
    this.commands = commands;
    this.rows = new OrderRows(database, beforeRow);
    this.revive = database.prepare(
      `UPDATE orders SET status = ${OPEN}, qtyLots = ?, cumQtyLots = ? WHERE orderId = ?`,
    );
  }

  /** Writes the rows that changed since the last time. */
  write(): void {
    this.rows.write();
  }

  /** What stood until now is Unknown, unless `takeOver` says that it stands. */
  forgetOpen(): void {
    this.database.exec(`UPDATE orders SET status = ${UNKNOWN} WHERE status = ${OPEN}`);
  }

  /** The OrderAccepted image of an order that stands where history begins; one of which it had nothing has sequence 0. */
  takeOver(words: WordBuffer, at: number): void {
    const { f64 } = words;
    const { orderId, qtyLots, cumQtyLots } = OrderAccepted.at;
    const { changes } = this.revive.run(
      f64[(at + qtyLots) >> 1],
      f64[(at + cumQtyLots) >> 1],
      f64[(at + orderId) >> 1],
    );
    if (changes === 0) this.rows.values[this.#accept(words, at) + C.sequence] = 0;
  }

  /** An OrderAccepted. */
  accepted(words: WordBuffer, at: number): void {
    this.#regulatory(words, at, this.#accept(words, at), CommandType.NewOrder);
  }

  /** An OrderCanceled, of the whole order or of a part. */
  canceled({ i32, f64 }: WordBuffer, at: number): void {
    const row = this.#changed(f64[(at + OrderCanceled.at.orderId) >> 1]);
    const { values } = this.rows;
    const reason = (i32[at + OrderCanceled.at.reason] >> 8) & 255;
    if (f64[(at + OrderCanceled.at.leavesQtyLots) >> 1] !== 0) {
      values[row + C.qtyLots] -= f64[(at + OrderCanceled.at.canceledQtyLots) >> 1];
      return;
    }
    const isExpiry = reason === CancelReason.Expired || reason === CancelReason.EndOfDay;
    values[row + C.status] = isExpiry ? OrderStatus.Expired : OrderStatus.Canceled;
    values[row + C.cancelReason] = reason;
  }

  /** An OrderReplaced. */
  replaced(words: WordBuffer, at: number): void {
    const { f64 } = words;
    const { values } = this.rows;
    const orderId = f64[(at + OrderReplaced.at.orderId) >> 1];
    const originalOrderId = f64[(at + OrderReplaced.at.originalOrderId) >> 1];
    const original = this.#changed(originalOrderId);
    values[original + C.status] = OrderStatus.Replaced;
    values[original + C.replacedByOrderId] = orderId;
    const row = this.rows.add(orderId, textOf(words, at, REPLACED_TAG));
    this.#terms(words, at, row);
    values[row + C.originalOrderId] = originalOrderId;
    this.#regulatory(words, at, row, CommandType.ReplaceOrder);
  }

  /** An OrderTriggered. */
  triggered({ f64 }: WordBuffer, at: number): void {
    const row = this.#changed(f64[(at + OrderTriggered.at.orderId) >> 1]);
    this.rows.values[row + C.triggered] = triggerMicros(this.moment);
  }

  /** What a trade is to one of its orders. */
  filled(
    orderId: number,
    tradeId: number,
    qtyLots: number,
    amountMinor: number,
    feeMinor: number,
    leavesQtyLots: number,
  ): void {
    const row = this.#changed(orderId);
    const { values } = this.rows;
    values[row + C.cumQtyLots] += qtyLots;
    values[row + C.cumAmountMinor] = Math.min(values[row + C.cumAmountMinor] + amountMinor, MONEY_MAX);
    values[row + C.feeMinor] = Math.min(values[row + C.feeMinor] + feeMinor, MONEY_MAX);
    if (values[row + C.firstTradeId] === 0) values[row + C.firstTradeId] = tradeId;
    values[row + C.lastTradeId] = tradeId;
    if (leavesQtyLots === 0) values[row + C.status] = OrderStatus.Filled;
  }

  /** The row of an order that this event changes. */
  #changed(orderId: number): number {
    const row = this.rows.of(orderId);
    const { values } = this.rows;
    const { sequence, timeSeconds, timeNanos } = this.moment;
    values[row + C.updatedSequence] = sequence;
    values[row + C.updatedSeconds] = timeSeconds;
    values[row + C.updatedNanos] = timeNanos;
    return row;
  }

  /** Returns where the order's columns begin. */
  #accept(words: WordBuffer, at: number): number {
    const row = this.rows.add(
      words.f64[(at + OrderAccepted.at.orderId) >> 1],
      textOf(words, at, ACCEPTED_TAG),
    );
    this.#terms(words, at, row);
    return row;
  }

  /** What the command said that an OrderAccepted or OrderReplaced answers: the event does not repeat it. */
  #regulatory({ i32 }: WordBuffer, at: number, row: number, commandType: number): void {
    const { commands, rows } = this;
    const clientOrderId = i32[at + OrderAccepted.at.clientOrderId] >>> 0;
    const command = commands.next(commandType, i32[at + 6] >>> 0, clientOrderId);
    if (command === -1) throw new Error('Invariant: an order is the answer to a command of its entry');
    readRegulatoryFields(commands.memory, command, rows.values, row + C.tradingCapacity);
  }

  /** The fields that OrderAccepted and OrderReplaced share. */
  #terms({ i32, f64 }: WordBuffer, at: number, row: number): void {
    const { values } = this.rows;
    const { sequence, timeSeconds, timeNanos } = this.moment;
    const terms = i32[at + OrderAccepted.at.side];
    values[row + C.sequence] = sequence;
    values[row + C.timeSeconds] = timeSeconds;
    values[row + C.timeNanos] = timeNanos;
    values[row + C.userId] = i32[at + 6];
    values[row + C.accountId] = i32[at + OrderAccepted.at.accountId];
    values[row + C.instrumentId] = i32[at + 1];
    values[row + C.clientOrderId] = i32[at + OrderAccepted.at.clientOrderId];
    values[row + C.status] = OPEN;
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
    values[row + C.updatedSequence] = sequence;
    values[row + C.updatedSeconds] = timeSeconds;
    values[row + C.updatedNanos] = timeNanos;
  }
}
