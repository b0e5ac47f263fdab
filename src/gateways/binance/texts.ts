import {
  assetOf,
  moneyScale,
  priceScale,
  quantityScale,
  type Scale,
  scaledText,
  type TermsLookup,
} from '#codec/json/scales.ts';
import type { BookLevel, InstrumentTerms } from '#domain/market-views.ts';

/** How the numbers of one instrument are written: decimal strings, as Binance has them. */
export interface Texts {
  price(ticks: number): string;
  quantity(lots: number | bigint): string;
  /** Of the quote asset. */
  money(minor: number | bigint): string;
  levels(levels: readonly BookLevel[]): [price: string, quantity: string][];
}

/** @throws UnknownTermsError while the quote asset is not known here */
export function textsOf(lookup: TermsLookup, terms: InstrumentTerms): Texts {
  const prices = priceScale(terms);
  const quantities = quantityScale(terms);
  const monies: Scale = moneyScale(assetOf(lookup, terms.quoteAssetId));
  const price = (ticks: number): string => scaledText(ticks, prices);
  const quantity = (lots: number | bigint): string => scaledText(lots, quantities);
  return {
    price,
    quantity,
    money: (minor) => scaledText(minor, monies),
    levels: (levels) => levels.map(({ priceTicks, qtyLots }) => [price(priceTicks), quantity(qtyLots)]),
  };
}

/** Milliseconds since the Unix epoch. */
export function msOf({
  timeSeconds,
  timeNanos,
}: {
  readonly timeSeconds: number;
  readonly timeNanos: number;
}): number {
  return timeSeconds * 1_000 + Math.floor(timeNanos / 1_000_000);
}
