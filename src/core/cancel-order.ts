import { CancelOrder, CommandType } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Action } from '#domain/permissions.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { WORD_OFFSET_MASK, type WordBuffer } from '#lib/word-buffer.ts';
import type { Execution } from './execution.ts';
import type { Incoming } from './incoming.ts';
import { isQuantity } from './order-terms.ts';
import type { Refusals } from './refusals.ts';
import type { Reports } from './reports.ts';
import type { CoreState } from './state.ts';

const { INVALID_QUANTITY, UNKNOWN_INSTRUMENT, UNKNOWN_ORDER } = RejectCode;
const NONE = ACCEPTED;
const MASK = WORD_OFFSET_MASK;
const CANCEL_ORDERS = Action.CancelOrders;
const REQUESTED = CancelReason.Requested;
const CANCEL_ORDER = CommandType.CancelOrder;
const {
  userId: CANCEL_USER_ID,
  instrumentId: CANCEL_INSTRUMENT_ID,
  totalQtyLots: CANCEL_TOTAL_QTY_LOTS,
  clientOrderId: CANCEL_CLIENT_ORDER_ID,
  clientTag: CANCEL_CLIENT_TAG,
} = CancelOrder.at;

/** Cancels one order, or lowers its quantity, for its user. Rules: docs/matching.md. */
export class OrderCancellation {
  declare private readonly state: CoreState;
  declare private readonly execution: Execution;
  declare private readonly reports: Reports;
  declare private readonly incoming: Incoming;
  declare private readonly refusals: Refusals;

  constructor(
    state: CoreState,
    execution: Execution,
    reports: Reports,
    incoming: Incoming,
    refusals: Refusals,
  ) {
    this.state = state;
    this.execution = execution;
    this.reports = reports;
    this.incoming = incoming;
    this.refusals = refusals;
  }

  cancelOrder(words: WordBuffer, offset: number): void {
    const { users, instruments, orders, risk, timeSeconds } = this.state;
    const { i32, f64 } = words;
    const at = offset & MASK;
    const user = users.rowIfAllowed(i32[at + CANCEL_USER_ID], CANCEL_ORDERS);
    const instrumentId = i32[at + CANCEL_INSTRUMENT_ID];
    const totalQtyLots = f64[(at + CANCEL_TOTAL_QTY_LOTS) >> 1];
    let code = NONE as number;
    let slot = 0;
    if (user === -1) code = users.refusalOf(i32[at + CANCEL_USER_ID]);
    else {
      risk.countMessage(users.accountRow(user), timeSeconds);
      slot = orders.find(user, i32[at + CANCEL_CLIENT_ORDER_ID]);
      const row = instrumentId === 0 ? -1 : instruments.rowOf(instrumentId);
      if (instrumentId !== 0 && row === -1) code = UNKNOWN_INSTRUMENT;
      else if (slot === 0 || (row !== -1 && orders.instrumentRow(slot) !== row)) code = UNKNOWN_ORDER;
      else if (totalQtyLots !== 0 && !isQuantity(totalQtyLots, this.#totalOf(slot) - 1)) {
        code = INVALID_QUANTITY;
      }
    }
    if (code !== NONE) {
      this.refusals.refuse(CANCEL_ORDER, code, words, at, at + CANCEL_CLIENT_TAG);
      return;
    }
    const row = orders.instrumentRow(slot);
    const leavesQtyLots = totalQtyLots - orders.cumQtyLots(slot);
    this.reports.requestedBy(i32, at + CANCEL_CLIENT_TAG);
    if (leavesQtyLots <= 0) this.execution.cancel(slot, REQUESTED);
    else this.#reduce(slot, leavesQtyLots);
    this.incoming.triggerStops(row);
  }

  /** What an order has executed and what it has open. */
  #totalOf(slot: number): number {
    const { orders } = this.state;
    return orders.cumQtyLots(slot) + orders.store.leavesQtyLots(slot);
  }

  #reduce(slot: number, leavesQtyLots: number): void {
    const { orders } = this.state;
    const book = this.execution.bookOf(slot);
    const qtyLots = orders.store.leavesQtyLots(slot) - leavesQtyLots;
    const isWaiting = book.isWaitingStop(slot);
    const visible = book.reduce(slot, qtyLots);
    this.execution.onCanceled(slot, qtyLots, isWaiting ? 0 : visible, 0, REQUESTED);
  }
}
