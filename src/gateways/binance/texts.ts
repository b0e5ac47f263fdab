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

const MS_PER_SECOND = 1_000;
const NANOS_PER_SECOND = 1_000_000_000;

/** What the times of an answer count since the Unix epoch, as so many of it in a second. */
export const TimeUnit = { Millisecond: 1_000, Microsecond: 1_000_000 } as const;
export type TimeUnit = (typeof TimeUnit)[keyof typeof TimeUnit];

/** Units as Binance's clients write them. */
const UNIT_NAMES: ReadonlyMap<string, TimeUnit> = new Map([
  ['MILLISECOND', TimeUnit.Millisecond],
  ['millisecond', TimeUnit.Millisecond],
  ['MICROSECOND', TimeUnit.Microsecond],
  ['microsecond', TimeUnit.Microsecond],
]);

/** The unit that a client wants: milliseconds unless it says so; undefined: there is none of that name. */
export function timeUnitOf(name: string | null | undefined): TimeUnit | undefined {
  return name === null || name === undefined ? TimeUnit.Millisecond : UNIT_NAMES.get(name);
}

/** When something happened. */
export interface Moment {
  readonly timeSeconds: number;
  readonly timeNanos: number;
}

/** When something happened, in the unit that is wanted. */
export function timeOf({ timeSeconds, timeNanos }: Moment, unit: TimeUnit): number {
  return timeSeconds * unit + Math.floor((timeNanos * unit) / NANOS_PER_SECOND);
}

/** Milliseconds in the unit that is wanted. */
export function timeOfMs(ms: number, unit: TimeUnit): number {
  return Math.floor((ms * unit) / MS_PER_SECOND);
}
