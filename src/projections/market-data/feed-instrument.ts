import { ITCH_U32_MAX, ItchCode, packAlpha4 } from '#codec/itch/itch-messages.ts';
import { Phase } from '#domain/commands.ts';

/** Decimal digits of an ITCH price: prices with fewer are scaled up, prices with more keep theirs. */
const PRICE_DECIMALS_MIN = 4;
/** Largest stock locate code: 16 bits. */
const LOCATE_MAX = 0xffff;

/** What the auction that collects would do. */
export interface Indicative {
  readonly phase: number;
  readonly qtyLots: number;
  readonly surplusQtyLots: number;
  readonly surplusSide: number;
  /** 0 where nothing would trade, or at a price that is not shown. */
  readonly priceTicks: number;
}

/** An instrument as the feed offers it. */
export interface FeedInstrument {
  /** Also the stock locate code. */
  readonly instrumentId: number;
  readonly stockHigh: number;
  readonly stockLow: number;
  /** Decimal digits of wire prices. */
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  /** Wire price units of one tick. */
  readonly tickSize: number;
  readonly lotSize: number;
  /** Orders at a higher price do not fit the wire's 32-bit price and are not shown. */
  readonly priceTicksMax: number;
  phase: Phase;
  /** As it was last told in this phase. */
  indicative: Indicative | undefined;
  /** A price above `priceTicksMax` was met and logged. */
  unshownLogged: boolean;
}

/** What `InstrumentAdded` says and the feed needs. */
export interface InstrumentTerms {
  readonly instrumentId: number;
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
  readonly tickSize: number;
  readonly lotSize: number;
  readonly maxQtyLots: number;
  readonly phase: Phase;
}

/**
 * How the feed shows an instrument, or the reason, as text, why it cannot: its id, its quantities or its prices do
 * not fit ITCH's fields.
 */
export function feedInstrument(terms: InstrumentTerms): FeedInstrument | string {
  const priceDecimals = Math.max(PRICE_DECIMALS_MIN, terms.priceDecimals);
  const tickSize = terms.tickSize * 10 ** (priceDecimals - terms.priceDecimals);
  if (terms.instrumentId > LOCATE_MAX) return `its id is above ${LOCATE_MAX}, the largest stock locate code`;
  if (terms.maxQtyLots > ITCH_U32_MAX) return `its maximum quantity is above ${ITCH_U32_MAX} lots`;
  if (tickSize > ITCH_U32_MAX)
    return `one tick is more than a 32-bit price with ${priceDecimals} decimals holds`;
  return {
    instrumentId: terms.instrumentId,
    stockHigh: packAlpha4(terms.symbol.slice(0, 4)),
    stockLow: packAlpha4(terms.symbol.slice(4, 8)),
    priceDecimals,
    qtyDecimals: terms.qtyDecimals,
    tickSize,
    lotSize: terms.lotSize,
    priceTicksMax: Math.floor(ITCH_U32_MAX / tickSize),
    phase: terms.phase,
    indicative: undefined,
    unshownLogged: false,
  };
}

/** A phase as ITCH's trading state and reason. */
export interface TradingAction {
  readonly state: number;
  readonly reason: number;
}

const action = (state: number, reason: string): TradingAction => ({ state, reason: packAlpha4(reason) });

/** ITCH knows four trading states; the reason tells our phases apart. */
export const TRADING_ACTIONS: { readonly [phase in Phase]: TradingAction } = {
  [Phase.Closed]: action(ItchCode.Halted, 'CLSD'),
  [Phase.PreOpen]: action(ItchCode.QuotationOnly, 'PREO'),
  [Phase.OpeningAuction]: action(ItchCode.QuotationOnly, 'OPEN'),
  [Phase.Continuous]: action(ItchCode.Trading, ''),
  [Phase.VolatilityAuction]: action(ItchCode.QuotationOnly, 'LUDP'),
  [Phase.Halted]: action(ItchCode.Halted, 'HALT'),
  [Phase.ClosingAuction]: action(ItchCode.QuotationOnly, 'CLOS'),
};

/** The cross type of an auction that was collected in `phase`. */
export function crossType(phase: number): number {
  if (phase === Phase.ClosingAuction) return ItchCode.ClosingCross;
  if (phase === Phase.PreOpen || phase === Phase.OpeningAuction) return ItchCode.OpeningCross;
  return ItchCode.HaltCross;
}
