import { InstrumentKind } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { countOf, type Decimal, scaled } from './decimal.ts';

/** An instrument as people write it. */
export interface InstrumentDecimals {
  readonly kind: number;
  readonly tick: Decimal;
  readonly lot: Decimal;
  /** Margined: value of quantity 1 at price 1, in the quote asset; default 1. */
  readonly contractSize?: Decimal | undefined;
  /** Margined: margin for one lot, in the quote asset. */
  readonly initialMargin?: Decimal | undefined;
  /** Default one lot. */
  readonly minQuantity?: Decimal | undefined;
  readonly maxQuantity: Decimal;
  readonly referencePrice?: Decimal | undefined;
}

/** What of an asset the units of an instrument depend on. */
export interface AssetScale {
  readonly symbol: string;
  readonly decimals: number;
}

/** A field that does not fit: what is wrong with it, as it reads behind its name. */
export type OnFault = (field: keyof InstrumentDecimals | 'base' | 'quote', message: string) => void;

/** The fields of an AddInstrument command that follow from an instrument's decimals. */
export interface InstrumentUnits {
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  readonly tickSize: number;
  readonly lotSize: number;
  readonly valueNumerator: number;
  readonly valueDenominator: number;
  readonly lotBaseMinor: number;
  readonly initialMarginMinor: number;
  readonly minQtyLots: number;
  readonly maxQtyLots: number;
  readonly referencePriceTicks: number;
}

/**
 * The units of an instrument. When `onFault` was called the result is unusable.
 * @param base undefined: it has none
 * @param quote undefined: it is not known, which has been said already
 */
export function instrumentUnits(
  instrument: InstrumentDecimals,
  base: AssetScale | undefined,
  quote: AssetScale | undefined,
  onFault: OnFault,
): InstrumentUnits {
  const { tick, lot } = instrument;
  const isSpot = instrument.kind === InstrumentKind.Spot;
  if (isSpot && base !== undefined && base.symbol === quote?.symbol) onFault('base', 'is the quote asset');
  for (const field of ['contractSize', 'initialMargin'] as const) {
    if (isSpot && instrument[field] !== undefined) onFault(field, 'is for margined instruments only');
  }
  for (const field of ['tick', 'lot'] as const) {
    const { units, text } = instrument[field];
    if (units === 0n || units > BigInt(Limits.ID_MAX))
      onFault(field, `must have 1 to ${Limits.ID_MAX} as its digits, not ${text}`);
  }
  const minQtyLots = lotsOf('minQuantity', instrument, onFault);
  const maxQtyLots = lotsOf('maxQuantity', instrument, onFault);
  if (minQtyLots > maxQtyLots) onFault('minQuantity', 'is above maxQuantity');
  return {
    priceDecimals: tick.decimals,
    qtyDecimals: lot.decimals,
    tickSize: Number(tick.units),
    lotSize: Number(lot.units),
    ...valueOfTickLot(instrument, quote, onFault),
    lotBaseMinor: isSpot && base !== undefined ? minorOf('lot', lot, base, onFault) : 0,
    initialMarginMinor:
      instrument.initialMargin === undefined || quote === undefined
        ? 0
        : minorOf('initialMargin', instrument.initialMargin, quote, onFault),
    minQtyLots,
    maxQtyLots,
    referencePriceTicks: referenceTicks(instrument, onFault),
  };
}

function lotsOf(
  field: 'minQuantity' | 'maxQuantity',
  instrument: InstrumentDecimals,
  onFault: OnFault,
): number {
  const { lot, [field]: quantity } = instrument;
  if (quantity === undefined) return 1;
  const lots = countOf(quantity, lot);
  if (lots !== undefined && lots >= 1 && lots <= Limits.QTY_LOTS_MAX) return lots;
  onFault(field, `must be 1 to ${Limits.QTY_LOTS_MAX} lots of ${lot.text}, not ${quantity.text}`);
  return 1;
}

/** Minor units of the quote asset in one tick times one lot, as the smallest fraction. */
function valueOfTickLot(
  { tick, lot, contractSize }: InstrumentDecimals,
  quote: AssetScale | undefined,
  onFault: OnFault,
): { valueNumerator: number; valueDenominator: number } {
  const decimals = tick.decimals + lot.decimals + (contractSize?.decimals ?? 0);
  const numerator =
    tick.units * lot.units * (contractSize?.units ?? 1n) * 10n ** BigInt(quote?.decimals ?? 0);
  const denominator = 10n ** BigInt(decimals);
  const divisor = greatestCommonDivisor(numerator, denominator);
  const fraction = {
    valueNumerator: Number(divisor === 0n ? 0n : numerator / divisor),
    valueDenominator: Number(divisor === 0n ? 1n : denominator / divisor),
  };
  const largest = Math.max(fraction.valueNumerator, fraction.valueDenominator);
  // A tick or lot of 0 has been reported as that.
  const isPossible = numerator > 0n || contractSize?.units === 0n;
  if (isPossible && (numerator === 0n || largest > Number.MAX_SAFE_INTEGER)) {
    onFault(
      'tick',
      `the value of one tick times one lot, in minor units of ${quote?.symbol ?? 'the quote asset'}, is not a fraction of integers below 2^53`,
    );
  }
  return fraction;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function minorOf(
  field: 'lot' | 'initialMargin',
  decimal: Decimal,
  { symbol, decimals }: AssetScale,
  onFault: OnFault,
): number {
  const minor = scaled(decimal, decimals);
  if (minor !== undefined) return minor;
  const whose = field === 'lot' ? `${decimal.text} ${symbol}` : decimal.text;
  const unit = field === 'lot' ? 'its minor unit' : `${symbol}'s minor unit`;
  onFault(field, `${whose} is not a whole number of ${unit} (${decimals} decimals)`);
  return 0;
}

function referenceTicks({ referencePrice, tick }: InstrumentDecimals, onFault: OnFault): number {
  if (referencePrice === undefined) return 0;
  const ticks = countOf(referencePrice, tick);
  if (ticks !== undefined && ticks >= 1 && ticks <= Limits.PRICE_TICKS_MAX) return ticks;
  onFault(
    'referencePrice',
    `must be 1 to ${Limits.PRICE_TICKS_MAX} ticks of ${tick.text}, not ${referencePrice.text}`,
  );
  return 0;
}
