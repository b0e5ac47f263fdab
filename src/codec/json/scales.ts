import type { AssetTerms, InstrumentTerms } from '#domain/market-views.ts';
import { decimalText } from '#lib/decimal-text.ts';

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

const WHOLE_DIGITS_MAX = 20;
const FRACTION_DIGITS_MAX = 18;
const ZERO = 0x30;

/**
 * The integer that a decimal string stands for: digits with at most one point, no sign, no exponent. Undefined when it is
 * written otherwise, is no whole count of the scale's unit, or is not below 2^53.
 */
export function parseScaled(text: string, { unit, decimals }: Scale): number | undefined {
  const point = text.indexOf('.');
  const wholeDigits = point === -1 ? text.length : point;
  const digits = point === -1 ? text.length : text.length - 1;
  if (wholeDigits < 1 || wholeDigits > WHOLE_DIGITS_MAX) return undefined;
  if (digits === wholeDigits ? point !== -1 : digits - wholeDigits > FRACTION_DIGITS_MAX) return undefined;
  // Division by hand, digit by digit: exact for any number of them.
  let count = 0;
  let rest = 0;
  for (let at = 0; at < Math.max(digits, wholeDigits + decimals); at++) {
    const digit = at >= digits ? 0 : text.charCodeAt(at < wholeDigits ? at : at + 1) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    if (at < wholeDigits + decimals) {
      const dividend = rest * 10 + digit;
      rest = dividend % unit;
      count = count * 10 + (dividend - rest) / unit;
    } else if (digit !== 0) return undefined;
  }
  return rest === 0 && count <= Number.MAX_SAFE_INTEGER ? count : undefined;
}
