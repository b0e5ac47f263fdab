import { decimalOf, textOf } from '../../lib/decimal.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import type { BookView, Level } from '../../state/market/book-store.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';

/** One price of the ladder. Prices are whole ticks, quantities whole lots. */
export interface LadderRow {
  readonly ticks: number;
  readonly bidLots: number;
  readonly askLots: number;
  readonly ownBuyLots: number;
  readonly ownSellLots: number;
}

/** Orders of the user by price and side. */
export type OwnOrders = ReadonlyMap<string, { readonly lots: number; readonly orderIds: readonly number[] }>;

const STEP_FACTORS = [1, 2, 5];
const STEP_POWERS = 8;
/** Steps of which the usual one is chosen: this part of the price. */
const USUAL_PART = 0.000_02;

export const keyOf = (side: 'buy' | 'sell', ticks: number): string => `${side} ${ticks}`;

/** How many ticks a row can be: 1, 2, 5, 10, … as far as it makes sense. */
export function stepsFor(priceTicks: number): number[] {
  const steps: number[] = [];
  for (let power = 0; power < STEP_POWERS; power++)
    for (const factor of STEP_FACTORS) {
      const step = factor * 10 ** power;
      if (step === 1 || step <= priceTicks / 100) steps.push(step);
    }
  return steps;
}

/** The step that is good to begin with. */
export function usualStep(priceTicks: number): number {
  return stepsFor(priceTicks).find((step) => step >= priceTicks * USUAL_PART) ?? 1;
}

/** The row of a price: bids count down, asks up, so that no row shows a better price than there is. */
export function rowOf(side: 'buy' | 'sell', ticks: number, step: number): number {
  return (side === 'buy' ? Math.floor(ticks / step) : Math.ceil(ticks / step)) * step;
}

export function ticksOf(price: string, { tickSize }: Pick<InstrumentTerms, 'tickSize'>): number {
  return Math.round(Number(price) / Number(tickSize));
}

/** A whole number of steps as a text: ticks as a price, lots as a quantity. */
export function stepText(count: number, step: string): string {
  const { units, decimals } = decimalOf(step);
  return textOf({ units: units * BigInt(count), decimals });
}

/** The user's limit orders in the instrument, by row. */
export function ownOrdersOf(orders: readonly OrderView[], terms: InstrumentTerms, step: number): OwnOrders {
  const own = new Map<string, { lots: number; orderIds: number[] }>();
  for (const { symbol, price, side, leavesQuantity, orderId, stopPrice, triggered } of orders) {
    if (symbol !== terms.symbol || price === undefined || orderId === undefined) continue;
    if (stopPrice !== undefined && triggered !== true) continue;
    const key = keyOf(side, rowOf(side, ticksOf(price, terms), step));
    const at = own.get(key) ?? { lots: 0, orderIds: [] };
    at.lots += Math.round(Number(leavesQuantity) / Number(terms.lotSize));
    at.orderIds.push(orderId);
    own.set(key, at);
  }
  return own;
}

/** `count` rows around `centre`, highest price first. */
export function rowsOf(
  book: BookView,
  own: OwnOrders,
  terms: InstrumentTerms,
  step: number,
  centre: number,
  count: number,
): LadderRow[] {
  const bids = lotsByRow('buy', book.bids, terms, step);
  const asks = lotsByRow('sell', book.asks, terms, step);
  const highest = centre + Math.floor(count / 2) * step;
  const rows: LadderRow[] = [];
  for (let n = 0; n < count; n++) {
    const ticks = highest - n * step;
    if (ticks <= 0) break;
    rows.push({
      ticks,
      bidLots: bids.get(ticks) ?? 0,
      askLots: asks.get(ticks) ?? 0,
      ownBuyLots: own.get(keyOf('buy', ticks))?.lots ?? 0,
      ownSellLots: own.get(keyOf('sell', ticks))?.lots ?? 0,
    });
  }
  return rows;
}

function lotsByRow(
  side: 'buy' | 'sell',
  levels: readonly Level[],
  { tickSize, lotSize }: InstrumentTerms,
  step: number,
): Map<number, number> {
  const [tick, lot] = [Number(tickSize), Number(lotSize)];
  const lots = new Map<number, number>();
  for (const { at, size } of levels) {
    const row = rowOf(side, Math.round(at / tick), step);
    lots.set(row, (lots.get(row) ?? 0) + Math.round(size / lot));
  }
  return lots;
}

const SCALE_STEPS = [1, 1.5, 2, 3, 4, 6, 8, 10];

/** What a full bar stands for: the first round number from `lots` on, so that bars keep their scale while the largest level changes. */
export function scaleFor(lots: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, lots)));
  return (SCALE_STEPS.find((step) => step * power >= lots) ?? 10) * power;
}

/** The price in the middle of the book, in ticks; undefined: the book is empty or crossed. */
function middleOf({ bids, asks }: BookView, tickSize: string): number | undefined {
  const bid = bids[0]?.at ?? asks[0]?.at;
  const ask = asks[0]?.at ?? bids[0]?.at;
  return bid === undefined || ask === undefined || bid > ask ? undefined : (bid + ask) / 2 / Number(tickSize);
}

/** What says where the market is. */
export interface Signs {
  readonly book: BookView | undefined;
  /** Price at which the auction that collects would trade. */
  readonly indicative: string | undefined;
  readonly last: string | undefined;
}

/** Where the market is, in ticks: where an auction would trade, or the middle of the book, or what was traded last. */
export function placeOf(
  { book, indicative, last }: Signs,
  terms: Pick<InstrumentTerms, 'tickSize' | 'referencePrice'>,
): number | undefined {
  if (indicative !== undefined) return ticksOf(indicative, terms);
  const middle = book === undefined ? undefined : middleOf(book, terms.tickSize);
  const otherwise = last ?? terms.referencePrice;
  return middle ?? (otherwise === undefined ? undefined : ticksOf(otherwise, terms));
}

/** The ladder moves when the market is further from its middle than this part of its rows. */
const AWAY_MAX = 0.3;
/** In an auction orders cross around the indicative price: that is kept nearer to the middle. */
const AWAY_IN_AUCTION_MAX = 0.1;

/** The price in the middle of the ladder: it stays while the market is near. */
export function centreOf(
  place: number | undefined,
  centre: number | undefined,
  step: number,
  rowCount: number,
  isAuction: boolean,
): number | undefined {
  if (place === undefined) return centre;
  const most = rowCount * step * (isAuction ? AWAY_IN_AUCTION_MAX : AWAY_MAX);
  const isNear = centre !== undefined && Math.abs(place - centre) < most;
  return isNear && centre % step === 0 ? centre : Math.max(step, Math.round(place / step) * step);
}
