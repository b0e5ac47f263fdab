import { type SelfTradePrevention, Side } from '#domain/commands.ts';
import { assert, fail } from '#lib/assert.ts';
import { INDEX_WORDS, PriceIndex } from '#lib/price-index.ts';
import { isOutside } from '../price-band.ts';
import type { BookListener } from './book-listener.ts';
import { type BookStore, ICEBERG_BIT, LevelF64, LevelHot, OrderHot, OrderHotF64 } from './book-store.ts';
import { preventSelfTrade } from './self-trade.ts';

// Bindings of this module, not imports: V8 folds the former into the machine code and loads the latter each time.
const { level: LEVEL, owner: OWNER } = OrderHot;
const { leavesQtyLots: LEAVES, orderId: ORDER_ID } = OrderHotF64;
const { head: HEAD, tail: TAIL, key: KEY, kind: KIND } = LevelHot;
const { totalQtyLots: TOTAL, hiddenQtyLots: HIDDEN } = LevelF64;
const ICEBERG = ICEBERG_BIT;
const BUY = Side.Buy;
const INT53_MAX = Number.MAX_SAFE_INTEGER;

/** How the matching of an incoming order ended. */
export const MatchEnd = {
  /** Filled, or the book no longer crosses its limit: what is left may rest. */
  Done: 0,
  /** Canceled by self-trade prevention: leaves are zero. */
  SelfTrade: 1,
  /** The next trade would leave a price band. */
  Band: 2,
} as const;
export type MatchEnd = (typeof MatchEnd)[keyof typeof MatchEnd];
const { Done: DONE, SelfTrade: SELF_TRADE, Band: BAND } = MatchEnd;

/** How far from where a book may trade; see docs/matching.md, section 7. */
export interface PriceBands {
  readonly referencePriceTicks: number;
  readonly staticBandPpm: number;
  readonly dynamicBandPpm: number;
}
const NO_BANDS: PriceBands = { referencePriceTicks: 0, staticBandPpm: 0, dynamicBandPpm: 0 };

/** Which of a book's indexes a level stands in. */
const BIDS = 0;
const ASKS = 1;
const BUY_STOPS = 2;
const SELL_STOPS = 3;

/** Int32 words of a book's own state in an image. */
export const BOOK_STATE_WORDS = 24;

/**
 * Price-time priority book of one instrument: FIFO lists of order slots per price level, levels in a bitmap
 * radix tree per side, waiting stops in two more. It matches, rests and removes; who may trade, what it costs
 * and what is reported is its owner's business. Rules: docs/matching.md.
 *
 * Nothing is allocated, and nothing costs more than O(log n) but walking through what is matched.
 */
export class OrderBook {
  declare readonly bids: PriceIndex;
  declare readonly asks: PriceIndex;
  /** Waiting buy stops, lowest stop price first. */
  declare readonly buyStops: PriceIndex;
  /** Waiting sell stops, highest stop price first. */
  declare readonly sellStops: PriceIndex;
  /** Price of the last trade, in ticks; 0 before the first. */
  declare lastPriceTicks: number;
  /** Stands for the last trade price before there is one; 0 none. */
  declare referencePriceTicks: number;
  /** Centre of the static price band; 0 until the session's first trade or auction. */
  declare staticReferenceTicks: number;
  /** Half widths of the price bands in parts per million; 0 is no band. */
  declare private staticBandPpm: number;
  declare private dynamicBandPpm: number;
  declare private banded: boolean;
  declare readonly store: BookStore;
  declare private readonly listener: BookListener;
  /** Orders and levels: see BookStore. */
  declare private readonly rows: Int32Array<ArrayBuffer>;
  declare private readonly rowsF64: Float64Array<ArrayBuffer>;
  declare private readonly links: Int32Array<ArrayBuffer>;
  /** All open quantity of each index, by the kind of its levels: kept exact, so that every sum over levels is. */
  declare private readonly openLots: Float64Array<ArrayBuffer>;

  constructor(store: BookStore, listener: BookListener, bands: PriceBands = NO_BANDS) {
    this.bids = new PriceIndex(store.pages, true);
    this.asks = new PriceIndex(store.pages, false);
    this.buyStops = new PriceIndex(store.pages, false);
    this.sellStops = new PriceIndex(store.pages, true);
    this.lastPriceTicks = 0;
    this.referencePriceTicks = bands.referencePriceTicks;
    this.staticReferenceTicks = 0;
    this.setBands(bands);
    this.store = store;
    this.listener = listener;
    this.rows = store.rows;
    this.rowsF64 = store.rowsF64;
    this.links = store.links;
    this.openLots = new Float64Array(SELL_STOPS + 1);
  }

  /** Gives the price bands other widths; their centres stay. */
  setBands({ staticBandPpm, dynamicBandPpm }: Omit<PriceBands, 'referencePriceTicks'>): void {
    this.staticBandPpm = staticBandPpm;
    this.dynamicBandPpm = dynamicBandPpm;
    this.banded = staticBandPpm !== 0 || dynamicBandPpm !== 0;
  }

  /** Fills the fields of an order that has a slot but no level. `sliceQtyLots` 0: not an iceberg. */
  setOrder(slot: number, orderId: number, owner: number, qtyLots: number, sliceQtyLots: number): void {
    const base = slot << 3;
    this.rows[base | LEVEL] = sliceQtyLots === 0 ? 0 : ICEBERG;
    this.rows[base | OWNER] = owner;
    this.rowsF64[(slot << 2) | LEAVES] = qtyLots;
    this.rowsF64[(slot << 2) | ORDER_ID] = orderId;
    if (sliceQtyLots !== 0) this.store.sliceQtyLots[slot] = sliceQtyLots;
  }

  /** Best bid in ticks, 0 when there is none. */
  get bestBidTicks(): number {
    return this.bids.best === 0 ? 0 : this.bids.bestKey;
  }

  /** Best ask in ticks, 0 when there is none. */
  get bestAskTicks(): number {
    return this.asks.best === 0 ? 0 : this.asks.bestKey;
  }

  /** Whether a buy is open: it rests, or waits as a stop. */
  get hasBuys(): boolean {
    return this.bids.best !== 0 || this.buyStops.best !== 0;
  }

  /** Displayed quantity at a price, in lots. */
  depthAt(side: Side, priceTicks: number): number {
    const level = (side === BUY ? this.bids : this.asks).get(priceTicks);
    if (level === 0) return 0;
    return this.rowsF64[(level << 2) | TOTAL] - this.rowsF64[(level << 2) | HIDDEN];
  }

  /** Whether an order of `side` at `limitTicks` would meet the other side. */
  crosses(side: Side, limitTicks: number): boolean {
    return side === BUY
      ? this.asks.best !== 0 && this.asks.bestKey <= limitTicks
      : this.bids.best !== 0 && this.bids.bestKey >= limitTicks;
  }

  /** The last trade's price, before the first one the configured reference; 0 none. */
  reference(): number {
    return this.lastPriceTicks === 0 ? this.referencePriceTicks : this.lastPriceTicks;
  }

  /**
   * Whether a trade at `priceTicks` after one at `lastPriceTicks` would leave a price band.
   * @param staticTicks centre of the static band; 0: not set yet, the reference price stands for it
   */
  isOutsideBands(priceTicks: number, lastPriceTicks: number, staticTicks: number): boolean {
    const centre = staticTicks === 0 ? this.reference() : staticTicks;
    return (
      isOutside(priceTicks, centre, this.staticBandPpm) ||
      isOutside(priceTicks, lastPriceTicks, this.dynamicBandPpm)
    );
  }

  /**
   * Matches an incoming order (in no level) against the other side up to `limitTicks`, best price first and
   * oldest first. Its leaves say what is left.
   */
  match(takerSlot: number, side: Side, limitTicks: number, selfTrade: SelfTradePrevention): MatchEnd {
    // Most orders trade nothing: this much of it is inlined into the callers.
    return this.crosses(side, limitTicks)
      ? this.#matchCrossing(takerSlot, side, limitTicks, selfTrade)
      : DONE;
  }

  #matchCrossing(
    takerSlot: number,
    side: Side,
    limitTicks: number,
    selfTrade: SelfTradePrevention,
  ): MatchEnd {
    const rows = this.rows;
    const rowsF64 = this.rowsF64;
    const buy = side === BUY;
    const opposite = buy ? this.asks : this.bids;
    const makerKind = buy ? ASKS : BIDS;
    const openLots = this.openLots;
    const owner = rows[(takerSlot << 3) | OWNER];
    const takerLeaves = (takerSlot << 2) | LEAVES;

    while (rowsF64[takerLeaves] > 0) {
      const level = opposite.best;
      if (level === 0) break;
      const price = opposite.bestKey;
      if (buy ? price > limitTicks : price < limitTicks) break;

      const maker = rows[(level << 3) | HEAD];
      const makerBase = maker << 3;
      // Before the bands: what is never a trade leaves none.
      if (owner !== 0 && rows[makerBase | OWNER] === owner) {
        if (preventSelfTrade(this, this.listener, takerSlot, maker, price, selfTrade)) return SELF_TRADE;
        continue;
      }
      if (this.banded && this.isOutsideBands(price, this.lastPriceTicks, this.staticReferenceTicks))
        return BAND;
      const iceberg = (rows[makerBase | LEVEL] & ICEBERG) !== 0;
      const makerLeaves = rowsF64[(maker << 2) | LEAVES];
      const available = iceberg ? this.store.displayedQtyLots[maker] : makerLeaves;
      const wanted = rowsF64[takerLeaves];
      // biome-ignore lint/complexity/useMathMinMax: a quarter slower here (bench/book.ts, middle-narrow)
      const qty = wanted < available ? wanted : available;
      rowsF64[takerLeaves] = wanted - qty;
      rowsF64[(maker << 2) | LEAVES] = makerLeaves - qty;
      openLots[makerKind] -= qty;
      if (this.staticReferenceTicks === 0) this.staticReferenceTicks = this.reference() || price;
      this.lastPriceTicks = price;

      if (qty === makerLeaves) {
        if (iceberg) this.store.displayedQtyLots[maker] = 0;
        this.#unlinkHead(maker, level, price, opposite, qty);
        this.listener.onTrade(maker, takerSlot, qty, price);
        this.store.releaseOrder(maker);
        continue;
      }
      rowsF64[(level << 2) | TOTAL] -= qty;
      if (!iceberg) {
        this.listener.onTrade(maker, takerSlot, qty, price);
        continue;
      }
      const displayed = available - qty;
      this.store.displayedQtyLots[maker] = displayed;
      this.listener.onTrade(maker, takerSlot, qty, price);
      if (displayed === 0) this.#showNextSlice(maker, level, price);
    }
    return DONE;
  }

  /** Takes a filled order out of the head of its level. */
  #unlinkHead(slot: number, level: number, price: number, index: PriceIndex, qtyLots: number): void {
    const rows = this.rows;
    const links = this.links;
    const base = slot << 3;
    const next = links[slot << 1];
    rows[base | LEVEL] = 0;
    this.rows[(level << 3) | HEAD] = next;
    if (next === 0) {
      index.remove(price);
      this.store.releaseLevel(level);
      return;
    }
    links[(next << 1) | 1] = 0;
    this.rowsF64[(level << 2) | TOTAL] -= qtyLots;
  }

  /** An iceberg's displayed part is used up: the next slice goes to the tail. */
  #showNextSlice(slot: number, level: number, price: number): void {
    const store = this.store;
    const leaves = this.rowsF64[(slot << 2) | LEAVES];
    const slice = Math.min(store.sliceQtyLots[slot], leaves);
    store.displayedQtyLots[slot] = slice;
    this.rowsF64[(level << 2) | HIDDEN] -= slice;
    const levelBase = level << 3;
    const tail = this.rows[levelBase | TAIL];
    if (tail !== slot) {
      const next = this.links[slot << 1];
      const prev = this.links[(slot << 1) | 1];
      if (prev === 0) this.rows[levelBase | HEAD] = next;
      else this.links[prev << 1] = next;
      this.links[(next << 1) | 1] = prev;
      this.links[slot << 1] = 0;
      this.links[(slot << 1) | 1] = tail;
      this.links[tail << 1] = slot;
      this.rows[levelBase | TAIL] = slot;
    }
    this.listener.onRested(slot, price);
  }

  /** Who owns an order, as `setOrder` was told. */
  ownerOf(slot: number): number {
    return this.rows[(slot << 3) | OWNER];
  }

  leavesQtyLots(slot: number): number {
    return this.rowsF64[(slot << 2) | LEAVES];
  }

  /**
   * Puts an order at the tail of its price and tells the listener. False, and nothing done, when the stores are
   * full or the side's sum would no longer be exact.
   */
  rest(slot: number, side: Side, priceTicks: number): boolean {
    const buy = side === BUY;
    if (!this.#link(slot, buy ? this.bids : this.asks, buy ? BIDS : ASKS, priceTicks)) return false;
    this.listener.onRested(slot, priceTicks);
    return true;
  }

  /** Whether `rest` would do it for an order of so many lots that has a slot. */
  canRest(side: Side, priceTicks: number, qtyLots: number): boolean {
    const buy = side === BUY;
    const index = buy ? this.bids : this.asks;
    return (
      this.openLots[buy ? BIDS : ASKS] + qtyLots <= INT53_MAX &&
      (index.canInsert() || index.get(priceTicks) !== 0)
    );
  }

  /** Puts a stop at the tail of its stop price; false as `rest`. */
  addStop(slot: number, side: Side, stopPriceTicks: number): boolean {
    const buy = side === BUY;
    return this.#link(
      slot,
      buy ? this.buyStops : this.sellStops,
      buy ? BUY_STOPS : SELL_STOPS,
      stopPriceTicks,
    );
  }

  /** The stop to trigger next at the last trade price, still in its level; 0 when none. */
  triggeredStop(): number {
    const last = this.lastPriceTicks;
    if (last === 0) return 0;
    if (this.buyStops.best !== 0 && this.buyStops.bestKey <= last) {
      return this.rows[(this.buyStops.best << 3) + HEAD];
    }
    if (this.sellStops.best !== 0 && this.sellStops.bestKey >= last) {
      return this.rows[(this.sellStops.best << 3) + HEAD];
    }
    return 0;
  }

  #link(slot: number, index: PriceIndex, kind: number, key: number): boolean {
    const rows = this.rows;
    const links = this.links;
    const base = slot << 3;
    const leaves = this.rowsF64[(slot << 2) | LEAVES];
    const openLots = this.openLots[kind] + leaves;
    if (openLots > INT53_MAX) return false;
    let level = index.get(key);
    if (level === 0) {
      if (!index.canInsert()) return false;
      level = this.store.allocateLevel(key, kind);
      index.insert(key, level);
      rows[(level << 3) | HEAD] = slot;
      links[(slot << 1) | 1] = 0;
    } else {
      const tail = rows[(level << 3) | TAIL];
      links[tail << 1] = slot;
      links[(slot << 1) | 1] = tail;
    }
    links[slot << 1] = 0;
    rows[(level << 3) | TAIL] = slot;
    this.rowsF64[(level << 2) | TOTAL] += leaves;
    this.openLots[kind] = openLots;
    const iceberg = rows[base | LEVEL] & ICEBERG;
    if (iceberg !== 0) {
      const displayed = kind > ASKS ? 0 : Math.min(this.store.sliceQtyLots[slot], leaves);
      this.store.displayedQtyLots[slot] = displayed;
      this.rowsF64[(level << 2) | HIDDEN] += leaves - displayed;
    }
    rows[base | LEVEL] = level | iceberg;
    return true;
  }

  /** Takes an order out of its level; leaves stay, the slot stays taken. */
  remove(slot: number): void {
    const rows = this.rows;
    const links = this.links;
    const base = slot << 3;
    const levelWord = rows[base | LEVEL];
    const level = levelWord & ~ICEBERG;
    if (level === 0) fail('Condition: only an order in a level can be removed');
    const next = links[slot << 1];
    const prev = links[(slot << 1) | 1];
    const levelBase = level << 3;
    const leaves = this.rowsF64[(slot << 2) | LEAVES];
    this.openLots[rows[levelBase | KIND]] -= leaves;
    rows[base | LEVEL] = levelWord & ICEBERG;
    if (prev === 0) {
      if (next === 0) {
        this.#indexOf(rows[levelBase | KIND]).remove(rows[levelBase | KEY]);
        this.store.releaseLevel(level);
        return;
      }
      rows[levelBase | HEAD] = next;
    } else {
      links[prev << 1] = next;
    }
    if (next === 0) rows[levelBase | TAIL] = prev;
    else links[(next << 1) | 1] = prev;
    this.rowsF64[(level << 2) | TOTAL] -= leaves;
    if ((levelWord & ICEBERG) !== 0) {
      this.rowsF64[(level << 2) | HIDDEN] -= leaves - this.store.displayedQtyLots[slot];
    }
  }

  /**
   * Lowers the leaves of an order in a level by `qtyLots` (less than its leaves), hidden quantity first; it
   * keeps its place. Returns by how much its displayed quantity shrank.
   */
  reduce(slot: number, qtyLots: number): number {
    const levelWord = this.rows[(slot << 3) | LEVEL];
    const level = levelWord & ~ICEBERG;
    const leavesAt = (slot << 2) | LEAVES;
    const leaves = this.rowsF64[leavesAt];
    assert(level !== 0 && qtyLots < leaves, 'Condition: reduce keeps the order in its level');
    this.rowsF64[leavesAt] = leaves - qtyLots;
    this.rowsF64[(level << 2) | TOTAL] -= qtyLots;
    this.openLots[this.rows[(level << 3) | KIND]] -= qtyLots;
    if ((levelWord & ICEBERG) === 0) return qtyLots;
    const displayed = this.store.displayedQtyLots[slot];
    const left = Math.min(displayed, leaves - qtyLots);
    this.store.displayedQtyLots[slot] = left;
    this.rowsF64[(level << 2) | HIDDEN] -= qtyLots - (displayed - left);
    return displayed - left;
  }

  /** Whether the order is in a level at all: resting, or waiting as a stop. */
  isPlaced(slot: number): boolean {
    return (this.rows[(slot << 3) | LEVEL] & ~ICEBERG) !== 0;
  }

  /** Whether the order waits as a stop (rather than resting in the book). */
  isWaitingStop(slot: number): boolean {
    const level = this.rows[(slot << 3) | LEVEL] & ~ICEBERG;
    return level !== 0 && this.rows[(level << 3) | KIND] > ASKS;
  }

  /** Whether an order in a level is the only one there. */
  isAlone(slot: number): boolean {
    return this.links[slot << 1] === 0 && this.links[(slot << 1) | 1] === 0;
  }

  /** Side of an order in a level. */
  sideOf(slot: number): Side {
    const level = this.rows[(slot << 3) | LEVEL] & ~ICEBERG;
    const kind = this.rows[(level << 3) | KIND];
    return kind === BIDS || kind === BUY_STOPS ? BUY : Side.Sell;
  }

  /** First order of a level. */
  headOf(level: number): number {
    return this.rows[(level << 3) | HEAD];
  }

  /** Order behind `slot` in its level; 0 at the end. */
  nextInLevel(slot: number): number {
    return this.links[slot << 1];
  }

  /** All open quantity of a level, hidden parts included, in lots. */
  totalAt(level: number): number {
    return this.rowsF64[(level << 2) | TOTAL];
  }

  /**
   * One fill of an auction's uncross between the best bid and the best ask's head orders, at `priceTicks`:
   * the caller reports it. Filled orders leave their levels but keep their slots, for the caller to free;
   * an iceberg gives its displayed part first and is refreshed by the caller when the uncross is over.
   */
  uncrossFill(buySlot: number, sellSlot: number, qtyLots: number, priceTicks: number): void {
    this.lastPriceTicks = priceTicks;
    this.#takeFromHead(buySlot, qtyLots, this.bids);
    this.#takeFromHead(sellSlot, qtyLots, this.asks);
  }

  #takeFromHead(slot: number, qtyLots: number, index: PriceIndex): void {
    const levelWord = this.rows[(slot << 3) | LEVEL];
    const level = levelWord & ~ICEBERG;
    const leavesAt = (slot << 2) | LEAVES;
    const left = this.rowsF64[leavesAt] - qtyLots;
    this.rowsF64[leavesAt] = left;
    this.openLots[this.rows[(level << 3) | KIND]] -= qtyLots;
    if ((levelWord & ICEBERG) !== 0) {
      const displayed = this.store.displayedQtyLots[slot];
      const fromHidden = Math.max(0, qtyLots - displayed);
      this.store.displayedQtyLots[slot] = Math.max(0, displayed - qtyLots);
      this.rowsF64[(level << 2) | HIDDEN] -= fromHidden;
    }
    if (left === 0) this.#unlinkHead(slot, level, this.rows[(level << 3) | KEY], index, qtyLots);
    else this.rowsF64[(level << 2) | TOTAL] -= qtyLots;
  }

  /** After an uncross: an iceberg with nothing displayed and something left shows its next slice, at the tail. */
  refresh(slot: number): void {
    const levelWord = this.rows[(slot << 3) | LEVEL];
    if ((levelWord & ICEBERG) === 0 || this.store.displayedQtyLots[slot] !== 0) return;
    const level = levelWord & ~ICEBERG;
    this.#showNextSlice(slot, level, this.rows[(level << 3) | KEY]);
  }

  #indexOf(kind: number): PriceIndex {
    switch (kind) {
      case BIDS:
        return this.bids;
      case ASKS:
        return this.asks;
      case BUY_STOPS:
        return this.buyStops;
      default:
        return this.sellStops;
    }
  }

  /** Writes the book's own state (not its orders) to `words[at…at + BOOK_STATE_WORDS]`. */
  save(words: Int32Array, at: number): void {
    this.bids.save(words, at);
    this.asks.save(words, at + INDEX_WORDS);
    this.buyStops.save(words, at + 2 * INDEX_WORDS);
    this.sellStops.save(words, at + 3 * INDEX_WORDS);
    words[at + 4 * INDEX_WORDS] = this.lastPriceTicks;
    words[at + 4 * INDEX_WORDS + 1] = this.staticReferenceTicks;
  }

  load(words: Int32Array, at: number): void {
    this.bids.load(words, at);
    this.asks.load(words, at + INDEX_WORDS);
    this.buyStops.load(words, at + 2 * INDEX_WORDS);
    this.sellStops.load(words, at + 3 * INDEX_WORDS);
    this.lastPriceTicks = words[at + 4 * INDEX_WORDS];
    this.staticReferenceTicks = words[at + 4 * INDEX_WORDS + 1];
    for (let kind = BIDS; kind <= SELL_STOPS; kind++) this.openLots[kind] = this.#sumOf(this.#indexOf(kind));
  }

  #sumOf(index: PriceIndex): number {
    let sum = 0;
    let key = index.bestKey;
    for (let level = index.best; level !== 0; level = index.next(key), key = index.foundKey) {
      sum += this.rowsF64[(level << 2) | TOTAL];
    }
    return sum;
  }
}
