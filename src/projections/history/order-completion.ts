import type { StatementSync } from 'node:sqlite';
import type { OrderRecord } from '#domain/history.ts';
import type { HistoryDatabase } from './history-database.ts';
import { MONEY_MAX } from './order-rows.ts';

/** What the state does not say of an order; its money and trades are those of before what the row has already. */
const COMPLETE = `UPDATE orders SET
  sequence = ?2, timeSeconds = ?3, timeNanos = ?4, clientTag = ?5, originalOrderId = ?6, triggered = max(triggered, ?7),
  firstTradeId = iif(?8 = 0, firstTradeId, ?8), lastTradeId = max(lastTradeId, ?9),
  cumAmountMinor = min(cumAmountMinor + ?10, ${MONEY_MAX}), feeMinor = min(feeMinor + ?11, ${MONEY_MAX}),
  updatedSequence = iif(updatedSequence < ?15, ?12, updatedSequence),
  updatedSeconds = iif(updatedSequence < ?15, ?13, updatedSeconds),
  updatedNanos = iif(updatedSequence < ?15, ?14, updatedNanos)
  WHERE orderId = ?1 AND sequence = 0`;

/** What a replace carries on, see `OrderRows`. */
const CARRY = `UPDATE orders SET
  cumAmountMinor = min(cumAmountMinor + ?2, ${MONEY_MAX}), feeMinor = min(feeMinor + ?3, ${MONEY_MAX}),
  triggered = max(triggered, ?4)
  WHERE orderId = ?1 RETURNING replacedByOrderId`;

/** Fills in orders that stood when history began, within the writer's transaction. */
export class OrderCompletion {
  declare private readonly update: StatementSync;
  declare private readonly carry: StatementSync;
  declare private readonly replacedBy: StatementSync;

  constructor(database: HistoryDatabase) {
    this.update = database.prepare(COMPLETE);
    this.carry = database.prepare(CARRY);
    this.replacedBy = database.prepare('SELECT replacedByOrderId FROM orders WHERE orderId = ?');
  }

  /**
   * @param order as it was when history began; one of which history knew more than the state says stays as it is
   * @param completeFrom entry of the log with which history began
   */
  add(order: OrderRecord, completeFrom: number): void {
    const { orderId, cumAmountMinor, feeMinor, triggered } = order;
    const { changes } = this.update.run(
      orderId,
      order.sequence,
      order.timeSeconds,
      order.timeNanos,
      order.clientTag,
      order.originalOrderId,
      triggered,
      order.firstTradeId,
      order.lastTradeId,
      cumAmountMinor,
      feeMinor,
      order.updatedSequence,
      order.updatedSeconds,
      order.updatedNanos,
      completeFrom,
    );
    if (changes === 0 || (cumAmountMinor === 0 && feeMinor === 0 && triggered === 0)) return;
    // What was lacking when the order was replaced is lacking in all that followed.
    let next = Number(this.replacedBy.get(orderId)?.['replacedByOrderId'] ?? 0);
    while (next !== 0) {
      next = Number(this.carry.get(next, cumAmountMinor, feeMinor, triggered)?.['replacedByOrderId'] ?? 0);
    }
  }
}
