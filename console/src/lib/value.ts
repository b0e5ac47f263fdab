import type { InstrumentTerms } from '../state/market/catalog.ts';
import { type Decimal, decimalOf, quotient, scaled } from './decimal.ts';

/** What `value` is in whole steps of an instrument's tick or lot, rounded down. */
export function stepsOf(value: Decimal, step: string): bigint {
  return quotient(value, decimalOf(step), 0).units;
}

/**
 * The money of a trade or order, as docs/matching.md says: floor(ticks x lots x numerator / denominator) minor units.
 * @param assetDecimals of the quote asset
 */
export function tradeValue(
  terms: Pick<InstrumentTerms, 'tickSize' | 'lotSize' | 'valueNumerator' | 'valueDenominator'>,
  price: Decimal,
  quantity: Decimal,
  assetDecimals: number,
): Decimal {
  const steps = stepsOf(price, terms.tickSize) * stepsOf(quantity, terms.lotSize);
  const product = steps * BigInt(terms.valueNumerator);
  const denominator = BigInt(terms.valueDenominator);
  return { units: product / denominator, decimals: assetDecimals };
}

/** A part of money: value x fraction, rounded down to the asset's minor unit. */
export function partOf(value: Decimal, fraction: string): Decimal {
  const { units, decimals } = decimalOf(fraction);
  return scaled({ units: value.units * units, decimals: value.decimals + decimals }, value.decimals);
}

/** The average price of what was traded, with a digit more than prices have. @param quantity above zero */
export function averagePrice(
  terms: Pick<InstrumentTerms, 'tickSize' | 'lotSize' | 'valueNumerator' | 'valueDenominator'>,
  amount: Decimal,
  quantity: Decimal,
): Decimal {
  const tick = decimalOf(terms.tickSize);
  const lots = stepsOf(quantity, terms.lotSize);
  const dividend = amount.units * BigInt(terms.valueDenominator) * tick.units * 10n;
  return { units: dividend / (lots * BigInt(terms.valueNumerator)), decimals: tick.decimals + 1 };
}
