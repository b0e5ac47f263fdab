import type { AssetTerms, InstrumentTerms } from '#domain/market-views.ts';
import { decimalText } from '#lib/decimal-text.ts';
import { countOf, parseDecimal } from './decimal.ts';

/** How integers of the domain are written: one is `unit` x 10^-`decimals`. */
export interface Scale {
  readonly unit: number;
  readonly decimals: number;
}

/** What the integers of history and views mean: every instrument and asset that they name. */
export interface TermsLookup {
  asset(assetId: number): AssetTerms | undefined;
  instrument(instrumentId: number): { readonly terms: InstrumentTerms } | undefined;
}

/** A row names an instrument or asset that is not known here yet: what knows it lags behind what wrote the row. */
export class UnknownTermsError extends Error {
  override readonly name = 'UnknownTermsError';
}

/** Parts per million as a fraction of one: 250 is "0.000250". */
export const PPM: Scale = { unit: 1, decimals: 6 };

/** Of prices in ticks. */
export function priceScale(terms: InstrumentTerms): Scale {
  return { unit: terms.tickSize, decimals: terms.priceDecimals };
}

/** Of quantities in lots. */
export function quantityScale(terms: InstrumentTerms): Scale {
  return { unit: terms.lotSize, decimals: terms.qtyDecimals };
}

/** Of money in minor units. */
export function moneyScale(asset: AssetTerms): Scale {
  return { unit: 1, decimals: asset.decimals };
}

/** @throws UnknownTermsError */
export function assetOf(lookup: TermsLookup, assetId: number): AssetTerms {
  const asset = lookup.asset(assetId);
  if (asset === undefined) throw new UnknownTermsError(`asset ${assetId} is not known here yet: ask again`);
  return asset;
}

/** @throws UnknownTermsError */
export function termsOf(lookup: TermsLookup, instrumentId: number): InstrumentTerms {
  const instrument = lookup.instrument(instrumentId);
  if (instrument === undefined)
    throw new UnknownTermsError(`instrument ${instrumentId} is not known here yet: ask again`);
  return instrument.terms;
}

/** An integer of the domain as a decimal string with exactly the scale's digits after the point. Exact at any size. */
export function scaledText(count: number | bigint, { unit, decimals }: Scale): string {
  return decimalText(count, unit, decimals);
}

/**
 * The integer that a decimal string stands for: digits with at most one point, no sign, no exponent. Undefined when it is
 * written otherwise, is no whole count of the scale's unit, or is not below 2^53.
 */
export function parseScaled(text: string, { unit, decimals }: Scale): number | undefined {
  const number = parseDecimal(text);
  return number && countOf(number, { units: BigInt(unit), decimals });
}
