import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { Instrument } from './venue.ts';

const PPM = 1_000_000n;
const PRICE_MAX = BigInt(Limits.PRICE_TICKS_MAX);

/** The last trade's price, before there is one the configured reference; 0: none. */
export function referencePrice(instrument: Instrument): number {
  return instrument.lastPriceTicks || instrument.terms.referencePriceTicks;
}

/** How far a market order reaches from `reference`; undefined when that needs a reference and there is none. */
export function protectionPrice(instrument: Instrument, side: Side, reference: number): number | undefined {
  const ppm = BigInt(instrument.terms.marketProtectionPpm);
  if (ppm === 0n) return side === Side.Buy ? Limits.PRICE_TICKS_MAX : 1;
  if (reference === 0) return undefined;
  if (side === Side.Buy) {
    const price = (BigInt(reference) * (PPM + ppm)) / PPM;
    return Number(price > PRICE_MAX ? PRICE_MAX : price);
  }
  if (ppm >= PPM) return 1;
  const price = (BigInt(reference) * (PPM - ppm) + PPM - 1n) / PPM;
  return Number(price < 1n ? 1n : price);
}

/** |price - reference| is more than `ppm` of the reference. A ppm of 0, or no reference, is no bound. */
export function isOutside(price: number, reference: number, ppm: number): boolean {
  if (ppm === 0 || reference === 0) return false;
  const distance = BigInt(Math.abs(price - reference));
  return distance * PPM > BigInt(ppm) * BigInt(reference);
}

/** The references that the two bands are measured from. */
export interface BandReferences {
  /** 0: none. */
  readonly staticTicks: number;
  /** 0: none. */
  readonly dynamicTicks: number;
}

export function bandReferences(instrument: Instrument): BandReferences {
  return {
    staticTicks: instrument.staticPriceTicks || referencePrice(instrument),
    dynamicTicks: instrument.lastPriceTicks,
  };
}

/** The references after a trade at `price`. */
export function afterTrade(references: BandReferences, price: number): BandReferences {
  return { staticTicks: references.staticTicks || price, dynamicTicks: price };
}

export function isOutsideBands(instrument: Instrument, references: BandReferences, price: number): boolean {
  const { staticBandPpm, dynamicBandPpm } = instrument.terms;
  return (
    isOutside(price, references.staticTicks, staticBandPpm) ||
    isOutside(price, references.dynamicTicks, dynamicBandPpm)
  );
}
