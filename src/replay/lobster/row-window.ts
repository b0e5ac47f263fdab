import { Side } from '#domain/commands.ts';
import type { DepthSide } from '../market/depth.ts';
import { type BookRow, type LobsterRecord, LobsterType, type RowSide } from './lobster-record.ts';

/** The row's levels of one side. */
export function rowSide(row: BookRow, side: Side): RowSide {
  return side === Side.Buy ? row.bids : row.asks;
}

/** Whether price `a` is worse than `b` on this side. */
export function isWorse(side: Side, a: number, b: number): boolean {
  return side === Side.Buy ? a < b : a > b;
}

/** Whether the row shows this price, were it taken: a full window ends at its last level. */
export function isInWindow(side: Side, levels: RowSide, price: number): boolean {
  return !levels.full || !isWorse(side, price, levels.prices[levels.prices.length - 1]);
}

/** Prices that `to` shows and `from` did not, as far as they are levels of `to` or of `depth`. */
export function enteringPrices(side: Side, from: RowSide, to: RowSide, depth: DepthSide): number[] {
  if (!from.full) return [];
  const edge = from.prices[from.prices.length - 1];
  if (to.full && !isWorse(side, to.prices[to.prices.length - 1], edge)) return [];
  const entering = new Set<number>();
  for (let at = to.prices.length - 1; at >= 0 && isWorse(side, to.prices[at], edge); at--) {
    entering.add(to.prices[at]);
  }
  for (let at = depth.count - 1; at >= 0 && isInWindow(side, to, depth.prices[at]); at--) {
    if (isWorse(side, depth.prices[at], edge)) entering.add(depth.prices[at]);
  }
  return [...entering];
}

/** Levels of `from` that `to` does not show any more, because they are beyond its window. */
export function leavingPrices(side: Side, from: RowSide, to: RowSide): number[] {
  return from.prices.filter((price) => !isInWindow(side, to, price));
}

/** Lots that the row shows at a price. */
export function sizeInRow(levels: RowSide, price: number): number {
  const at = levels.prices.indexOf(price);
  return at < 0 ? 0 : levels.sizes[at];
}

/** By how much the message changes the visible quantity at its own price and side; 0 when it does not. */
export function visibleEffect({ type, shares }: LobsterRecord): number {
  if (type === LobsterType.Add) return shares;
  return type <= LobsterType.Execution ? -shares : 0;
}

/**
 * Levels where the venue's depth is not the row, as `side price difference`; empty when the row is equal. Beyond a
 * full window nothing is compared.
 */
export function differences(row: BookRow, bids: DepthSide, asks: DepthSide): string[] {
  const found: string[] = [];
  compareSide(row.bids, bids, found);
  compareSide(row.asks, asks, found);
  return found;
}

function compareSide(levels: RowSide, depth: DepthSide, found: string[]): void {
  const { prices, sizes } = levels;
  const top = depth.count - 1;
  let equal = levels.full ? depth.count >= prices.length : depth.count === prices.length;
  for (let at = 0; at < prices.length && equal; at++) {
    equal = depth.prices[top - at] === prices[at] && depth.sizes[top - at] === sizes[at];
  }
  if (equal) return;
  const shown = new Set(prices);
  for (let at = top; at >= 0 && isInWindow(depth.side, levels, depth.prices[at]); at--) {
    shown.add(depth.prices[at]);
  }
  for (const price of shown) {
    const difference = depth.sizeAt(price) - sizeInRow(levels, price);
    if (difference !== 0) found.push(`${depth.side} ${price} ${difference}`);
  }
}

/**
 * The usual message-effect rule: the row before with the message's effect at its level is the row, on all levels
 * that are inside the window of both rows.
 */
export function followsFrom(before: BookRow, record: LobsterRecord): boolean {
  for (const side of [Side.Buy, Side.Sell] as const) {
    const from = rowSide(before, side);
    const to = rowSide(record.row, side);
    for (const price of new Set([...from.prices, ...to.prices, record.price])) {
      if (!isInWindow(side, from, price) || !isInWindow(side, to, price)) continue;
      const effect = side === record.side && price === record.price ? visibleEffect(record) : 0;
      if (sizeInRow(from, price) + effect !== sizeInRow(to, price)) return false;
    }
  }
  return true;
}
