import { Limits } from '#domain/limits.ts';
import type { InstrumentTerms, InstrumentView, MarketViews } from '#domain/market-views.ts';

/** An instrument as FIX sees it: how its ticks and lots are written as decimals. */
export interface FixInstrument {
  readonly id: number;
  readonly symbol: string;
  readonly priceDecimals: number;
  /** Units of the last decimal in one tick. */
  readonly tickSize: number;
  readonly qtyDecimals: number;
  /** Units of the last decimal in one lot. */
  readonly lotSize: number;
  readonly minQtyLots: number;
  readonly maxQtyLots: number;
  readonly quoteSymbol: string;
  readonly quoteDecimals: number;
  /** Money of one lot at a price of one tick, in minor units, is this / `valueDenominator`. */
  readonly valueNumerator: number;
  readonly valueDenominator: number;
}

/** How quantities and prices of an instrument that is not known are shown: as lots and ticks. */
const UNKNOWN: FixInstrument = {
  id: 0,
  symbol: '[N/A]',
  priceDecimals: 0,
  tickSize: 1,
  qtyDecimals: 0,
  lotSize: 1,
  minQtyLots: 0,
  maxQtyLots: 0,
  quoteSymbol: '[N/A]',
  quoteDecimals: 0,
  valueNumerator: 1,
  valueDenominator: 1,
};

/** The instruments of the venue that orders can be entered for over FIX. */
export class FixInstruments {
  declare private readonly views: MarketViews;
  declare private readonly known: Map<InstrumentTerms, FixInstrument>;
  /** By id, for reports that are written while the views begin anew. */
  declare private readonly lastKnown: Map<number, FixInstrument>;

  constructor(views: MarketViews) {
    this.views = views;
    this.known = new Map();
    this.lastKnown = new Map();
  }

  /** The instrument with the id, or one whose numbers are ticks and lots when there is none. */
  byId(instrumentId: number): FixInstrument {
    const view = this.views.instrument(instrumentId);
    return view === undefined ? (this.lastKnown.get(instrumentId) ?? UNKNOWN) : this.of(view);
  }

  /** The instrument with the symbol that is offered here. */
  bySymbol(symbol: string): FixInstrument | undefined {
    const view = this.views.instrumentBySymbol(symbol);
    if (view === undefined) return undefined;
    const instrument = this.of(view);
    return whyNotOffered(instrument) === undefined ? instrument : undefined;
  }

  of({ terms }: InstrumentView): FixInstrument {
    const known = this.known.get(terms);
    if (known !== undefined) return known;
    const quote = this.views.asset(terms.quoteAssetId);
    const instrument: FixInstrument = {
      id: terms.instrumentId,
      symbol: terms.symbol,
      priceDecimals: terms.priceDecimals,
      tickSize: terms.tickSize,
      qtyDecimals: terms.qtyDecimals,
      lotSize: terms.lotSize,
      minQtyLots: terms.minQtyLots,
      maxQtyLots: terms.maxQtyLots,
      quoteSymbol: quote?.symbol ?? UNKNOWN.quoteSymbol,
      quoteDecimals: quote?.decimals ?? 0,
      valueNumerator: terms.valueNumerator,
      valueDenominator: terms.valueDenominator,
    };
    // Views that begin anew bring new terms: those of before are of no use.
    if (this.known.size >= 2 * Limits.INSTRUMENTS_MAX) this.known.clear();
    this.known.set(terms, instrument);
    this.lastKnown.set(instrument.id, instrument);
    return instrument;
  }
}

/** Why orders in an instrument cannot be entered over FIX, or undefined when they can. */
export function whyNotOffered({ tickSize, lotSize, maxQtyLots }: FixInstrument): string | undefined {
  if (tickSize * Limits.PRICE_TICKS_MAX > Number.MAX_SAFE_INTEGER) return 'its largest price is not exact';
  if (lotSize * maxQtyLots > Number.MAX_SAFE_INTEGER) return 'its largest quantity is not exact';
  return undefined;
}

/** Decimals of an average price beyond those of a price. */
const AVERAGE_DECIMALS = 4;
/** FIX promises 15 digits of a float. */
const AVERAGE_MAX = 10 ** 15 - 1;

/**
 * The average price at which money was paid, what was paid in whole minor units divided by the quantity: `value` is an integer
 * of 10^-`decimals`, fewer where a large price leaves no room for all.
 */
export function averagePrice(
  instrument: FixInstrument,
  amountMinor: number,
  qtyLots: number,
): { value: number; decimals: number } {
  const { valueNumerator, valueDenominator, tickSize, priceDecimals } = instrument;
  const price = ((amountMinor * valueDenominator) / (valueNumerator * qtyLots)) * tickSize;
  let more = AVERAGE_DECIMALS;
  while (more > 0 && price * 10 ** more > AVERAGE_MAX) more--;
  const value = Math.min(Math.round(price * 10 ** more), Number.MAX_SAFE_INTEGER);
  return { value, decimals: priceDecimals + more };
}
