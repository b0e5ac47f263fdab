import { InstrumentKind, Side } from '#domain/commands.ts';
import {
  CancelReason,
  EventType,
  LedgerPosted,
  PositionChanged,
  PostingKind,
  Trade,
  TradeFlag,
} from '#domain/events.ts';
import { fail } from '#lib/assert.ts';
import { WORD_OFFSET_MASK } from '#lib/word-buffer.ts';
import type { BookListener } from './book/book-listener.ts';
import type { OrderBook } from './book/order-book.ts';
import type { EventWriter } from './event-writer.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Orders } from './orders.ts';
import type { Reports } from './reports.ts';
import type { CoreState } from './state.ts';

const { Buy: BUY, Sell: SELL } = Side;
const SPOT = InstrumentKind.Spot;
const AUCTION = TradeFlag.Auction;
const TRADE_TYPE = EventType.Trade;
const TRADE_WORDS = Trade.words;
const {
  aggressorSide: TRADE_AGGRESSOR_SIDE,
  makerFeeMinor: TRADE_MAKER_FEE_MINOR,
  takerFeeMinor: TRADE_TAKER_FEE_MINOR,
  makerVisibleQtyLots: TRADE_MAKER_VISIBLE_QTY_LOTS,
  takerVisibleQtyLots: TRADE_TAKER_VISIBLE_QTY_LOTS,
  makerTakenVisibleQtyLots: TRADE_MAKER_TAKEN_VISIBLE_QTY_LOTS,
  takerTakenVisibleQtyLots: TRADE_TAKER_TAKEN_VISIBLE_QTY_LOTS,
  makerPriceTicks: TRADE_MAKER_PRICE_TICKS,
  takerPriceTicks: TRADE_TAKER_PRICE_TICKS,
  tradeId: TRADE_TRADE_ID,
  qtyLots: TRADE_QTY_LOTS,
  amountMinor: TRADE_AMOUNT_MINOR,
  priceTicks: TRADE_PRICE_TICKS,
  makerOrderId: TRADE_MAKER_ORDER_ID,
  makerLeavesQtyLots: TRADE_MAKER_LEAVES_QTY_LOTS,
  makerUserId: TRADE_MAKER_USER_ID,
  makerAccountId: TRADE_MAKER_ACCOUNT_ID,
  makerClientOrderId: TRADE_MAKER_CLIENT_ORDER_ID,
  makerReportNumber: TRADE_MAKER_REPORT_NUMBER,
  takerOrderId: TRADE_TAKER_ORDER_ID,
  takerLeavesQtyLots: TRADE_TAKER_LEAVES_QTY_LOTS,
  takerUserId: TRADE_TAKER_USER_ID,
  takerAccountId: TRADE_TAKER_ACCOUNT_ID,
  takerClientOrderId: TRADE_TAKER_CLIENT_ORDER_ID,
  takerReportNumber: TRADE_TAKER_REPORT_NUMBER,
} = Trade.at;
const MASK = WORD_OFFSET_MASK;
const ONE_CANCELS_OTHER = CancelReason.OneCancelsOther;

/**
 * What follows from a fill or a cancel: money moves in the ledger, the event is written, an order that is done
 * leaves every list, and pairs of orders that cancel each other are noted. Every book's listener.
 */
export class Execution implements BookListener {
  declare private readonly state: CoreState;
  declare private readonly orders: Orders;
  declare private readonly ledger: Ledger;
  declare private readonly writer: EventWriter;
  declare private readonly i32: Int32Array;
  declare private readonly f64: Float64Array;
  declare private readonly reports: Reports;
  /** Pairs to settle after the command: the order that traded or triggered, and its partner. */
  declare private pairs: Int32Array;
  declare private pairCount: number;

  constructor(state: CoreState, writer: EventWriter, reports: Reports) {
    this.state = state;
    this.orders = state.orders;
    this.ledger = state.ledger;
    this.writer = writer;
    this.i32 = writer.words.i32;
    this.f64 = writer.words.f64;
    this.reports = reports;
    this.pairs = new Int32Array(256);
    this.pairCount = 0;
  }

  onTrade(maker: number, taker: number, qtyLots: number, priceTicks: number): void {
    const orders = this.orders;
    const ledger = this.ledger;
    const { instruments } = this.state;
    const instrument = orders.instrumentRow(maker);
    const takerBuys = orders.side(taker) === BUY;
    const makerHolding = orders.holding(maker);
    const takerHolding = orders.holding(taker);
    const makerPpm = instruments.makerFeePpm(instrument);
    const takerPpm = instruments.takerFeePpm(instrument);
    if (takerBuys)
      ledger.settle(instrument, takerHolding, makerHolding, priceTicks, qtyLots, takerPpm, makerPpm);
    else ledger.settle(instrument, makerHolding, takerHolding, priceTicks, qtyLots, makerPpm, takerPpm);
    this.#fill(maker, qtyLots);
    this.#fill(taker, qtyLots);
    const at = this.#writeTrade(maker, taker, qtyLots, priceTicks) & MASK;
    const i32 = this.i32;
    const f64 = this.f64;
    i32[at + TRADE_AGGRESSOR_SIDE] = takerBuys ? BUY : SELL;
    f64[(at + TRADE_MAKER_FEE_MINOR) >> 1] = takerBuys ? ledger.sellerFeeMinor : ledger.buyerFeeMinor;
    f64[(at + TRADE_TAKER_FEE_MINOR) >> 1] = takerBuys ? ledger.buyerFeeMinor : ledger.sellerFeeMinor;
    f64[(at + TRADE_MAKER_VISIBLE_QTY_LOTS) >> 1] = orders.store.visibleQtyLots(maker);
    f64[(at + TRADE_TAKER_VISIBLE_QTY_LOTS) >> 1] = 0;
    f64[(at + TRADE_MAKER_TAKEN_VISIBLE_QTY_LOTS) >> 1] = qtyLots;
    f64[(at + TRADE_TAKER_TAKEN_VISIBLE_QTY_LOTS) >> 1] = 0;
    i32[at + TRADE_MAKER_PRICE_TICKS] = priceTicks;
    i32[at + TRADE_TAKER_PRICE_TICKS] = 0;
    this.#afterTrade(instrument, maker, taker, takerBuys);
    if (orders.store.leavesQtyLots(maker) === 0) this.finish(maker);
  }

  /**
   * A fill of an auction's uncross; the orders are already reduced in the book. Frees those that are filled.
   * @param buyerTakenLots what the buyer had displayed of `qtyLots`
   * @param sellerTakenLots what the seller had
   */
  onAuctionTrade(
    buyer: number,
    seller: number,
    qtyLots: number,
    priceTicks: number,
    buyerTakenLots: number,
    sellerTakenLots: number,
  ): void {
    const orders = this.orders;
    const ledger = this.ledger;
    const { store } = orders;
    const instrument = orders.instrumentRow(buyer);
    const ppm = this.state.instruments.makerFeePpm(instrument);
    ledger.settle(instrument, orders.holding(buyer), orders.holding(seller), priceTicks, qtyLots, ppm, ppm);
    this.#fill(buyer, qtyLots);
    this.#fill(seller, qtyLots);
    const at = this.#writeTrade(buyer, seller, qtyLots, priceTicks);
    const i32 = this.i32;
    const f64 = this.f64;
    i32[at + TRADE_AGGRESSOR_SIDE] = AUCTION << 8;
    f64[(at + TRADE_MAKER_FEE_MINOR) >> 1] = ledger.buyerFeeMinor;
    f64[(at + TRADE_TAKER_FEE_MINOR) >> 1] = ledger.sellerFeeMinor;
    f64[(at + TRADE_MAKER_VISIBLE_QTY_LOTS) >> 1] = store.visibleQtyLots(buyer);
    f64[(at + TRADE_TAKER_VISIBLE_QTY_LOTS) >> 1] = store.visibleQtyLots(seller);
    f64[(at + TRADE_MAKER_TAKEN_VISIBLE_QTY_LOTS) >> 1] = buyerTakenLots;
    f64[(at + TRADE_TAKER_TAKEN_VISIBLE_QTY_LOTS) >> 1] = sellerTakenLots;
    i32[at + TRADE_MAKER_PRICE_TICKS] = orders.priceTicks(buyer);
    i32[at + TRADE_TAKER_PRICE_TICKS] = orders.priceTicks(seller);
    this.#afterTrade(instrument, buyer, seller, false);
    for (const slot of [buyer, seller]) {
      if (store.leavesQtyLots(slot) !== 0) continue;
      this.finish(slot);
      store.releaseOrder(slot);
    }
  }

  /** Brings the order's executed quantity and hold up to date; its leaves are already reduced. */
  #fill(slot: number, qtyLots: number): void {
    const orders = this.orders;
    orders.addExecuted(slot, qtyLots);
    this.rehold(slot, orders.store.leavesQtyLots(slot) + qtyLots);
  }

  /** Gives back what the order no longer needs after its leaves went down from `oldLeavesLots`. */
  rehold(slot: number, oldLeavesLots: number): void {
    const orders = this.orders;
    const leaves = orders.store.leavesQtyLots(slot);
    const price = orders.holdPriceTicks(slot);
    this.ledger.rehold(orders.holding(slot), orders.side(slot), price, oldLeavesLots, leaves);
  }

  /** Writes a trade but for the aggressor, the fees, what is visible and at which prices, which the caller fills in. */
  #writeTrade(maker: number, taker: number, qtyLots: number, priceTicks: number): number {
    const state = this.state;
    const orders = this.orders;
    const { users, accounts } = state;
    const { store } = orders;
    const makerUser = orders.userRow(maker);
    const takerUser = orders.userRow(taker);
    const instrumentId = state.instruments.instrumentId(orders.instrumentRow(maker));
    const at = this.writer.beginRaw(TRADE_TYPE, TRADE_WORDS, instrumentId, 0, 0) & MASK;
    const i32 = this.i32;
    const f64 = this.f64;
    f64[(at + TRADE_TRADE_ID) >> 1] = state.nextTradeId();
    f64[(at + TRADE_QTY_LOTS) >> 1] = qtyLots;
    f64[(at + TRADE_AMOUNT_MINOR) >> 1] = this.ledger.amountMinor;
    i32[at + TRADE_PRICE_TICKS] = priceTicks;
    f64[(at + TRADE_MAKER_ORDER_ID) >> 1] = store.orderId(maker);
    f64[(at + TRADE_MAKER_LEAVES_QTY_LOTS) >> 1] = store.leavesQtyLots(maker);
    i32[at + TRADE_MAKER_USER_ID] = users.userId(makerUser);
    i32[at + TRADE_MAKER_ACCOUNT_ID] = accounts.accountId(orders.accountRow(maker));
    i32[at + TRADE_MAKER_CLIENT_ORDER_ID] = orders.clientOrderId(maker);
    f64[(at + TRADE_MAKER_REPORT_NUMBER) >> 1] = users.nextReport(makerUser);
    f64[(at + TRADE_TAKER_ORDER_ID) >> 1] = store.orderId(taker);
    f64[(at + TRADE_TAKER_LEAVES_QTY_LOTS) >> 1] = store.leavesQtyLots(taker);
    i32[at + TRADE_TAKER_USER_ID] = users.userId(takerUser);
    i32[at + TRADE_TAKER_ACCOUNT_ID] = accounts.accountId(orders.accountRow(taker));
    i32[at + TRADE_TAKER_CLIENT_ORDER_ID] = orders.clientOrderId(taker);
    f64[(at + TRADE_TAKER_REPORT_NUMBER) >> 1] = users.nextReport(takerUser);
    return at;
  }

  /** Positions of a margined instrument, and the pairs to settle; maker first. */
  #afterTrade(instrument: number, maker: number, taker: number, takerBuys: boolean): void {
    const { orders, ledger, instruments } = this.state;
    if (instruments.kind(instrument) !== SPOT) {
      const { buyerRealisedMinor, sellerRealisedMinor } = ledger;
      this.writeSettlement(orders.holding(maker), takerBuys ? sellerRealisedMinor : buyerRealisedMinor);
      this.writeSettlement(orders.holding(taker), takerBuys ? buyerRealisedMinor : sellerRealisedMinor);
    }
    if (orders.partner(maker) > 0) this.notePair(maker);
    if (orders.partner(taker) > 0) this.notePair(taker);
  }

  /** What a trade, or one that is taken back, did to a holding in a margined instrument, beyond its fee. */
  writeSettlement(holding: number, realisedMinor: number): void {
    const { ledger, accounts, instruments, assets } = this.state;
    const accountId = accounts.accountId(ledger.accountRow(holding));
    const instrument = ledger.instrumentRow(holding);
    const instrumentId = instruments.instrumentId(instrument);
    const { i32, f64 } = this.writer.words;
    if (realisedMinor !== 0) {
      const at = this.writer.begin(EventType.LedgerPosted, LedgerPosted.words, instrumentId, 0, 0);
      f64[(at + LedgerPosted.at.amountMinor) >> 1] = realisedMinor;
      f64[(at + LedgerPosted.at.balanceMinor) >> 1] = ledger.balances.totalMinor(
        ledger.quoteBalance(holding),
      );
      i32[at + LedgerPosted.at.accountId] = accountId;
      i32[at + LedgerPosted.at.assetId] = assets.assetId[instruments.quoteAssetRow(instrument)];
      i32[at + LedgerPosted.at.kind] = PostingKind.RealisedProfit;
    }
    this.writePosition(holding);
  }

  /** The position of a holding in a margined instrument. */
  writePosition(holding: number): void {
    const { ledger, accounts, instruments } = this.state;
    const instrumentId = instruments.instrumentId(ledger.instrumentRow(holding));
    const accountId = accounts.accountId(ledger.accountRow(holding));
    const { i32, f64 } = this.writer.words;
    const at = this.writer.begin(EventType.PositionChanged, PositionChanged.words, instrumentId, 0, 0);
    f64[(at + PositionChanged.at.positionLots) >> 1] = ledger.positionLots(holding);
    f64[(at + PositionChanged.at.entryValueMinor) >> 1] = ledger.entryValueMinor(holding);
    f64[(at + PositionChanged.at.realisedMinor) >> 1] = ledger.realisedMinor(holding);
    i32[at + PositionChanged.at.accountId] = accountId;
  }

  onCanceled(
    slot: number,
    qtyLots: number,
    visibleQtyLots: number,
    _priceTicks: number,
    reason: CancelReason,
  ): void {
    const leaves = this.orders.store.leavesQtyLots(slot);
    this.rehold(slot, leaves + qtyLots);
    this.reports.canceled(slot, qtyLots, visibleQtyLots, reason);
    if (leaves === 0) this.finish(slot);
  }

  onRested(slot: number, priceTicks: number): void {
    this.reports.rested(slot, priceTicks);
  }

  /** Cancels what is open of a live order and frees its slot. */
  cancel(slot: number, reason: CancelReason): void {
    const { store } = this.orders;
    const book = this.bookOf(slot);
    const leaves = store.leavesQtyLots(slot);
    let visible = 0;
    if (book.isPlaced(slot)) {
      if (!book.isWaitingStop(slot)) visible = store.visibleQtyLots(slot);
      book.remove(slot);
    }
    store.clearLeaves(slot);
    this.onCanceled(slot, leaves, visible, 0, reason);
    store.releaseOrder(slot);
  }

  bookOf(slot: number): OrderBook {
    return this.state.books[this.orders.instrumentRow(slot)];
  }

  /** Takes an order that is done out of every list but the slot pool; its hold is already given back. */
  finish(slot: number): void {
    const state = this.state;
    const orders = this.orders;
    const partner = orders.partner(slot);
    if (partner !== 0) {
      // A pair that is noted (negative) outlives this order: the partner is still to be canceled.
      if (partner > 0) orders.setPartner(partner, 0);
      orders.setPartner(slot, 0);
    }
    const expireSeconds = orders.expireSeconds(slot);
    if (expireSeconds !== 0) state.expiry.remove(slot, expireSeconds);
    const account = orders.accountRow(slot);
    orders.remove(slot, account);
    state.accounts.addOpenOrders(account, -1);
    if (orders.store.leavesQtyLots(slot) !== 0) fail('Invariant: an order that is done holds nothing');
  }

  /** The order traded or triggered: its partner is to be canceled once the command has finished matching. */
  notePair(slot: number): void {
    const { orders } = this.state;
    const partner = orders.partner(slot);
    const at = this.pairCount;
    if (at * 2 + 2 > this.pairs.length) this.#growPairs();
    this.pairs[at * 2] = slot;
    this.pairs[at * 2 + 1] = partner;
    this.pairCount = at + 1;
    orders.setPartner(slot, -partner);
  }

  #growPairs(): void {
    const pairs = new Int32Array(this.pairs.length * 2);
    pairs.set(this.pairs);
    this.pairs = pairs;
  }

  /** Cancels the partners of the orders that traded or triggered, in that order, where the pair still stands. */
  settlePairs(): void {
    if (this.pairCount === 0) return;
    const { orders } = this.state;
    const count = this.pairCount;
    // By the partners' own words, which an order that is done has no longer: its row may be another's by now, or a level.
    for (let pair = 0; pair < count; pair++) {
      const slot = this.pairs[pair * 2];
      const partner = this.pairs[pair * 2 + 1];
      if (Math.abs(orders.partner(partner)) !== slot) continue;
      this.cancel(partner, ONE_CANCELS_OTHER);
      orders.setPartner(slot, 0);
    }
    for (let pair = 0; pair < count; pair++) orders.setPartner(this.pairs[pair * 2], 0);
    this.pairCount = 0;
  }
}
