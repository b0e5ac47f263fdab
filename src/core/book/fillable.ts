import { SelfTradePrevention, Side } from '#domain/commands.ts';
import type { OrderBook } from './order-book.ts';

const BUY = Side.Buy;
const CANCEL_OLDEST = SelfTradePrevention.CancelOldest;

/**
 * Quantity, hidden parts included, that matching an incoming order of `owner` would trade now within its limit
 * and the bands; counting stops once `neededLots` are found. An order of the same owner is stepped over when
 * self-trade prevention would cancel it and go on, and ends the count otherwise: of its level then counts what
 * is displayed ahead of it.
 *
 * Cost: the levels within the limit until `neededLots` are found. With an owner also the orders in them, one by
 * one, which no sum can replace: callers give 0 for an owner who has nothing on the other side. Every order that is
 * looked at and not the owner's brings at least a lot, and whoever finds enough could trade with as many.
 *
 * @param owner 0: has no order on the other side
 */
export function fillableQtyLots(
  book: OrderBook,
  side: Side,
  limitTicks: number,
  owner: number,
  selfTrade: SelfTradePrevention,
  neededLots: number,
): number {
  const opposite = side === BUY ? book.asks : book.bids;
  let found = 0;
  let level = opposite.best;
  let price = opposite.bestKey;
  let last = book.lastPriceTicks;
  let centre = book.staticReferenceTicks;
  while (level !== 0 && found < neededLots) {
    if (side === BUY ? price > limitTicks : price < limitTicks) break;
    let others = book.totalAt(level);
    let isLast = false;
    if (owner !== 0 && selfTrade === CANCEL_OLDEST) {
      others = leavesOfOthers(book, level, owner, neededLots - found);
    } else if (owner !== 0) {
      const ahead = displayedAheadOf(book, level, owner, neededLots - found);
      isLast = ahead !== -1;
      if (isLast) others = ahead;
    }
    if (others > 0) {
      if (book.isOutsideBands(price, last, centre)) break;
      found += others;
      last = price;
      if (centre === 0) centre = book.reference() || price;
    }
    if (isLast) break;
    level = opposite.next(price);
    price = opposite.foundKey;
  }
  return found;
}

/** Open quantity of a level that is not the owner's; counting stops once `neededLots` are found. */
function leavesOfOthers(book: OrderBook, level: number, owner: number, neededLots: number): number {
  let found = 0;
  let slot = book.headOf(level);
  while (slot !== 0 && found < neededLots) {
    if (book.ownerOf(slot) !== owner) found += book.leavesQtyLots(slot);
    slot = book.nextInLevel(slot);
  }
  return found;
}

/**
 * What a level displays ahead of the owner's first order, or, once that is reached, at least `neededLots`;
 * -1 when the level has neither.
 */
function displayedAheadOf(book: OrderBook, level: number, owner: number, neededLots: number): number {
  let displayed = 0;
  for (let slot = book.headOf(level); slot !== 0; slot = book.nextInLevel(slot)) {
    if (book.ownerOf(slot) === owner) return displayed;
    displayed += book.store.visibleQtyLots(slot);
    if (displayed >= neededLots) return displayed;
  }
  return -1;
}
