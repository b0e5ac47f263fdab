import {
  OrderFlag,
  OrderType,
  Phase,
  type SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED } from '#domain/rejects.ts';
import { mulDivFloor } from '#lib/integer.ts';
import { fillableQtyLots } from './book/fillable.ts';
import { MatchEnd, type OrderBook } from './book/order-book.ts';
import type { Execution } from './execution.ts';
import type { PhaseControl } from './phase/phase-control.ts';
import type { Reports } from './reports.ts';
import type { CoreState } from './state.ts';

const BUY = Side.Buy;
const CONTINUOUS = Phase.Continuous;
const IMMEDIATE_OR_CANCEL = TimeInForce.ImmediateOrCancel;
const FILL_OR_KILL = TimeInForce.FillOrKill;
const POST_ONLY = OrderFlag.PostOnly;
const STOP = OrderType.Stop;
const { Band: BAND, SelfTrade: SELF_TRADE } = MatchEnd;
const PRICE_MAX = Limits.PRICE_TICKS_MAX;
const TRIGGERS_MAX = Limits.STOP_TRIGGERS_PER_COMMAND_MAX;
const PPM = 1_000_000;

/** What becomes of an order that is in: it waits, rests, matches, or is canceled. Rules: docs/matching.md, sections 3 to 6. */
export class Incoming {
  declare private readonly state: CoreState;
  declare private readonly execution: Execution;
  declare private readonly reports: Reports;
  declare private readonly phaseControl: PhaseControl;

  constructor(state: CoreState, execution: Execution, reports: Reports, phaseControl: PhaseControl) {
    this.state = state;
    this.execution = execution;
    this.reports = reports;
    this.phaseControl = phaseControl;
  }

  /** Places an order that waits for its stop price. */
  wait(slot: number): void {
    const { orders } = this.state;
    const book = this.execution.bookOf(slot);
    if (!book.addStop(slot, orders.side(slot) as Side, orders.stopPriceTicks(slot))) {
      this.execution.cancel(slot, CancelReason.BookLimit);
    }
  }

  /** Lets a limit order, or a market order as its protection's limit, into the book. */
  enter(slot: number, limitTicks: number, isMarket: boolean, minQtyLots: number): void {
    const { orders, phases, books, ledger } = this.state;
    const row = orders.instrumentRow(slot);
    const book = books[row];
    const side = orders.side(slot) as Side;
    if (phases.isAuction(row)) {
      this.#rest(slot, book, side, limitTicks);
      return;
    }
    const timeInForce = orders.timeInForce(slot);
    if ((orders.orderFlags(slot) & POST_ONLY) !== 0 && book.crosses(side, limitTicks)) {
      this.execution.cancel(slot, CancelReason.PostOnlyWouldTrade);
      return;
    }
    const selfTrade = orders.selfTradePrevention(slot) as SelfTradePrevention;
    const leaves = orders.store.leavesQtyLots(slot);
    const needed = timeInForce === FILL_OR_KILL ? leaves : minQtyLots;
    if (needed > 0) {
      const holding = orders.holding(slot);
      const opposite = side === BUY ? ledger.openSellLots(holding) : ledger.openBuyLots(holding);
      const owner = opposite === 0 ? 0 : holding + 1;
      if (fillableQtyLots(book, side, limitTicks, owner, selfTrade, needed) < needed) {
        const isFillOrKill = timeInForce === FILL_OR_KILL;
        this.execution.cancel(slot, isFillOrKill ? CancelReason.FillOrKill : CancelReason.MinimumQuantity);
        return;
      }
    }
    const end = book.match(slot, side, limitTicks, selfTrade);
    this.#afterMatch(slot, book, side, limitTicks, isMarket, end);
  }

  #afterMatch(
    slot: number,
    book: OrderBook,
    side: Side,
    limitTicks: number,
    isMarket: boolean,
    end: MatchEnd,
  ): void {
    const { orders } = this.state;
    const isBand = end === BAND;
    if (isBand) this.phaseControl.callVolatilityAuction(orders.instrumentRow(slot));
    if (orders.store.leavesQtyLots(slot) === 0) {
      // What self-trade prevention canceled is finished already; a fill is finished here.
      if (end !== SELF_TRADE) this.execution.finish(slot);
      orders.store.releaseOrder(slot);
      return;
    }
    const isImmediate = isMarket || mayNotRest(orders.timeInForce(slot));
    if (!isImmediate) this.#rest(slot, book, side, limitTicks);
    else this.execution.cancel(slot, remainderReason(isBand, isMarket));
  }

  #rest(slot: number, book: OrderBook, side: Side, limitTicks: number): void {
    if (!book.rest(slot, side, limitTicks)) this.execution.cancel(slot, CancelReason.BookLimit);
  }

  /**
   * Price at which a market order stops: the reference moved by the instrument's protection, or, where there is
   * no protection, the end of the price range. 0: it needs a reference and there is none.
   */
  protectionTicks(row: number, side: Side, referenceTicks: number): number {
    const ppm = this.state.instruments.marketProtectionPpm(row);
    if (ppm === 0) return side === BUY ? PRICE_MAX : 1;
    if (referenceTicks === 0) return 0;
    if (side === BUY) {
      const ticks = mulDivFloor(referenceTicks, PPM + ppm, PPM);
      return Math.min(ticks, PRICE_MAX);
    }
    if (ppm >= PPM) return 1;
    return Math.max(1, Math.ceil((referenceTicks * (PPM - ppm)) / PPM));
  }

  /**
   * Triggers the stops that the last trade price reached, one after the other until none is left, at most `budget`.
   * Returns what is left of the budget.
   */
  triggerStops(row: number, budget: number = TRIGGERS_MAX): number {
    const { phases, books } = this.state;
    const book = books[row];
    let left = budget;
    while (left > 0 && phases.phase[row] === CONTINUOUS) {
      const slot = book.triggeredStop();
      if (slot === 0) break;
      this.#trigger(slot, row, book);
      this.execution.settlePairs();
      left--;
    }
    return left;
  }

  #trigger(slot: number, row: number, book: OrderBook): void {
    const { orders, risk } = this.state;
    book.remove(slot);
    this.reports.triggered(slot);
    if (orders.partner(slot) > 0) this.execution.notePair(slot);
    const side = orders.side(slot) as Side;
    const isMarket = orders.orderType(slot) === STOP;
    const isKilled = risk.killSwitch(row, orders.accountRow(slot), orders.userRow(slot)) !== ACCEPTED;
    if (isKilled || (isMarket && !this.#holdAtProtection(slot, row, side, book))) {
      this.execution.cancel(slot, CancelReason.TriggerRefused);
      return;
    }
    this.enter(slot, isMarket ? orders.holdPriceTicks(slot) : orders.priceTicks(slot), isMarket, 0);
  }

  /** A triggered stop holds what its protection around the last price needs; false when it cannot. */
  #holdAtProtection(slot: number, row: number, side: Side, book: OrderBook): boolean {
    const { orders, ledger } = this.state;
    const leaves = orders.store.leavesQtyLots(slot);
    const holding = orders.holding(slot);
    const oldPrice = orders.holdPriceTicks(slot);
    const price = this.protectionTicks(row, side, book.lastPriceTicks);
    ledger.rehold(holding, side, oldPrice, leaves, 0);
    if (ledger.reserve(holding, side, price, leaves, leaves) !== ACCEPTED) {
      ledger.restore(holding, side, oldPrice, leaves);
      return false;
    }
    orders.setProtection(slot, price);
    return true;
  }
}

function mayNotRest(timeInForce: number): boolean {
  return timeInForce === IMMEDIATE_OR_CANCEL || timeInForce === FILL_OR_KILL;
}

function remainderReason(isBand: boolean, isMarket: boolean): CancelReason {
  if (isBand) return CancelReason.PriceBand;
  return isMarket ? CancelReason.MarketRemainder : CancelReason.ImmediateOrCancel;
}
