import { type Static, Type } from 'typebox';
import { formatTime } from '#codec/log/describe.ts';
import { InstrumentKind, SelfTradePrevention } from '#domain/commands.ts';
import type { TradeRecord } from '#domain/history.ts';
import type {
  AssetTerms,
  BookLevel,
  BookSnapshot,
  DayStatistics,
  InstrumentStatus,
  InstrumentTerms,
  InstrumentView,
  PublicTrade,
} from '#domain/market-views.ts';
import {
  InstrumentKindName,
  PhaseName,
  RegulatoryFieldsRuleName,
  SelfTradePreventionName,
  SideName,
} from './names.ts';
import {
  assetOf,
  moneyScale,
  PPM,
  priceScale,
  quantityScale,
  type Scale,
  scaledText,
  type TermsLookup,
} from './scales.ts';
import {
  CanceledSequence,
  Count,
  decimal,
  Id,
  Money,
  named,
  oneOf,
  Price,
  Quantity,
  ref,
  Sequence,
  SymbolText,
  secondText,
  Time,
} from './schemas.ts';

export const Asset = named('Asset', 'Something that balances are kept of.', {
  assetId: Id('number of the asset'),
  symbol: SymbolText,
  decimals: Type.Integer({ minimum: 0, description: 'digits after the point of every amount' }),
});

export function assetJson({ assetId, symbol, decimals }: AssetTerms): Static<typeof Asset> {
  return { assetId, symbol, decimals };
}

const fraction = (what: string) => decimal(`${what}, as a fraction of one; 0 is none`);

export const Instrument = named('Instrument', 'What can be traded, with the rules that orders must meet.', {
  instrumentId: Id('number of the instrument, as other protocols use it'),
  symbol: SymbolText,
  kind: oneOf(InstrumentKindName, 'spot: assets change hands; margined: a position in the quote asset'),
  baseAsset: Type.Optional(SymbolText),
  quoteAsset: SymbolText,
  tickSize: decimal('step of prices'),
  lotSize: decimal('step of quantities'),
  minQuantity: Quantity,
  maxQuantity: Quantity,
  initialMargin: Type.Optional(Money('of one lot of a margined instrument')),
  valueNumerator: Count('the money of a trade is floor(ticks x lots x numerator / denominator) minor units'),
  valueDenominator: Count('see valueNumerator'),
  makerFee: fraction("fee of the resting side, of a trade's money"),
  takerFee: fraction("fee of the incoming side, of a trade's money"),
  collar: fraction('farthest that a limit price may be from the reference price'),
  marketProtection: fraction('farthest that a market order goes from the reference price'),
  staticBand: fraction('a trade farther from the static reference starts a volatility auction'),
  dynamicBand: fraction('a trade farther from the last trade starts a volatility auction'),
  volatilityAuctionSeconds: Count('length of a volatility auction'),
  referencePrice: Type.Optional(Price),
  selfTradePrevention: oneOf(SelfTradePreventionName, 'what holds for orders that do not say it'),
  regulatoryFields: oneOf(RegulatoryFieldsRuleName, 'whether orders must have them'),
});

export function instrumentJson(lookup: TermsLookup, terms: InstrumentTerms): Static<typeof Instrument> {
  const price = priceScale(terms);
  const quantity = quantityScale(terms);
  const quote = assetOf(lookup, terms.quoteAssetId);
  const isSpot = terms.kind === InstrumentKind.Spot;
  return {
    instrumentId: terms.instrumentId,
    symbol: terms.symbol,
    kind: InstrumentKindName.of(terms.kind),
    ...(isSpot ? { baseAsset: assetOf(lookup, terms.baseAssetId).symbol } : {}),
    quoteAsset: quote.symbol,
    tickSize: scaledText(1, price),
    lotSize: scaledText(1, quantity),
    minQuantity: scaledText(terms.minQtyLots, quantity),
    maxQuantity: scaledText(terms.maxQtyLots, quantity),
    ...(isSpot ? {} : { initialMargin: scaledText(terms.initialMarginMinor, moneyScale(quote)) }),
    valueNumerator: terms.valueNumerator,
    valueDenominator: terms.valueDenominator,
    makerFee: scaledText(terms.makerFeePpm, PPM),
    takerFee: scaledText(terms.takerFeePpm, PPM),
    collar: scaledText(terms.collarPpm, PPM),
    marketProtection: scaledText(terms.marketProtectionPpm, PPM),
    staticBand: scaledText(terms.staticBandPpm, PPM),
    dynamicBand: scaledText(terms.dynamicBandPpm, PPM),
    volatilityAuctionSeconds: terms.volatilityAuctionSeconds,
    ...(terms.referencePriceTicks === 0
      ? {}
      : { referencePrice: scaledText(terms.referencePriceTicks, price) }),
    // An instrument that was added without one has this.
    selfTradePrevention: SelfTradePreventionName.of(
      terms.selfTradePrevention || SelfTradePrevention.CancelNewest,
    ),
    regulatoryFields: RegulatoryFieldsRuleName.of(terms.regulatoryFields),
  };
}

export const Indicative = named('Indicative', 'What the auction that collects would do now.', {
  price: Price,
  quantity: Quantity,
  surplus: Quantity,
  surplusSide: Type.Optional(oneOf(SideName)),
});

export const TradingStatus = named('TradingStatus', 'In which phase an instrument is.', {
  symbol: SymbolText,
  phase: oneOf(PhaseName),
  nextPhase: Type.Optional(oneOf(PhaseName, 'what follows at endTime')),
  endTime: Type.Optional(Time),
  isSuspended: Type.Boolean({ description: 'a kill switch refuses new orders' }),
  indicative: Type.Optional(ref(Indicative)),
});

export function tradingStatusJson({
  terms,
  status,
  indicative,
}: Pick<InstrumentView, 'terms' | 'status' | 'indicative'>): Static<typeof TradingStatus> {
  const quantity = quantityScale(terms);
  return {
    symbol: terms.symbol,
    phase: PhaseName.of(status.phase),
    ...endOf(status),
    isSuspended: status.isSuspended,
    ...(indicative === undefined
      ? {}
      : {
          indicative: {
            price: scaledText(indicative.priceTicks, priceScale(terms)),
            quantity: scaledText(indicative.qtyLots, quantity),
            surplus: scaledText(indicative.surplusQtyLots, quantity),
            ...optionalSide('surplusSide', indicative.surplusSide),
          },
        }),
  };
}

function endOf({ endSeconds, nextPhase }: InstrumentStatus) {
  if (endSeconds === 0) return {};
  return { nextPhase: PhaseName.of(nextPhase), endTime: secondText(endSeconds) };
}

/** A side under a name, unless it is 0. */
export function optionalSide<Name extends string>(
  name: Name,
  side: number,
): { [Key in Name]?: Static<ReturnType<typeof oneOf<(typeof SideName.all)[number]>>> } {
  return (side === 0 ? {} : { [name]: SideName.of(side) }) as {
    [Key in Name]?: (typeof SideName.all)[number];
  };
}

export const Level = named('Level', 'One price of one side of a book.', {
  price: Price,
  quantity: Quantity,
  orders: Count('displayed orders'),
});

export const Book = named('Book', 'The book by price, best price first. Hidden quantity is not in it.', {
  symbol: SymbolText,
  sequence: Sequence,
  checksum: Type.Integer({
    minimum: 0,
    maximum: 2 ** 32 - 1,
    description: 'CRC-32 of the top of the whole book, as market-views.md specifies it',
  }),
  bids: Type.Array(ref(Level)),
  asks: Type.Array(ref(Level)),
});

export function bookJson(
  terms: InstrumentTerms,
  { sequence, bids, asks }: BookSnapshot,
  checksum: number,
): Static<typeof Book> {
  const price = priceScale(terms);
  const quantity = quantityScale(terms);
  const level = ({ priceTicks, qtyLots, orders }: BookLevel) => ({
    price: scaledText(priceTicks, price),
    quantity: scaledText(qtyLots, quantity),
    orders,
  });
  return { symbol: terms.symbol, sequence, checksum, bids: bids.map(level), asks: asks.map(level) };
}

export const Trade = named('Trade', 'A trade as everybody sees it.', {
  tradeId: Id('grows with every trade of the venue'),
  symbol: SymbolText,
  price: Price,
  quantity: Quantity,
  amount: Money('what changed hands'),
  aggressorSide: Type.Optional(oneOf(SideName, 'side of the incoming order; absent: an auction')),
  time: Time,
  sequence: Sequence,
  canceledSequence: Type.Optional(CanceledSequence),
});

/** Also of a TradeRecord of history. */
export function tradeJson(
  lookup: TermsLookup,
  terms: InstrumentTerms,
  trade:
    | (PublicTrade & { readonly canceledSequence?: never })
    | (Omit<PublicTrade, 'aggressorSide'> & Pick<TradeRecord, 'aggressorSide' | 'canceledSequence'>),
): Static<typeof Trade> {
  return {
    tradeId: trade.tradeId,
    symbol: terms.symbol,
    price: scaledText(trade.priceTicks, priceScale(terms)),
    quantity: scaledText(trade.qtyLots, quantityScale(terms)),
    amount: scaledText(trade.amountMinor, moneyScale(assetOf(lookup, terms.quoteAssetId))),
    ...optionalSide('aggressorSide', trade.aggressorSide),
    time: formatTime(trade.timeSeconds, trade.timeNanos),
    sequence: trade.sequence,
    ...(trade.canceledSequence ? { canceledSequence: trade.canceledSequence } : {}),
  };
}

export const Ticker = named('Ticker', 'The last 24 hours, in whole minutes, and the best prices now.', {
  symbol: SymbolText,
  from: Time,
  isComplete: Type.Boolean({ description: 'false: trades of these hours may be missing here' }),
  trades: Count('trades of these hours'),
  open: Type.Optional(Price),
  high: Type.Optional(Price),
  low: Type.Optional(Price),
  last: Type.Optional(Price),
  lastQuantity: Type.Optional(Quantity),
  change: Type.Optional(decimal('last minus open')),
  changePercent: Type.Optional(decimal('change in percent of open, rounded to 4 decimals')),
  volume: Quantity,
  quoteVolume: Money('what changed hands'),
  bid: Type.Optional(Price),
  bidQuantity: Type.Optional(Quantity),
  ask: Type.Optional(Price),
  askQuantity: Type.Optional(Quantity),
});

export function tickerJson(
  lookup: TermsLookup,
  terms: InstrumentTerms,
  statistics: DayStatistics,
  bid: BookLevel | undefined,
  ask: BookLevel | undefined,
): Static<typeof Ticker> {
  const price = priceScale(terms);
  const quantity = quantityScale(terms);
  const money = moneyScale(assetOf(lookup, terms.quoteAssetId));
  const { traded, lastPriceTicks, lastQtyLots } = statistics;
  return {
    symbol: terms.symbol,
    from: secondText(statistics.fromSeconds),
    isComplete: statistics.isComplete,
    trades: traded?.trades ?? 0,
    ...(traded === undefined
      ? {}
      : {
          open: scaledText(traded.openTicks, price),
          high: scaledText(traded.highTicks, price),
          low: scaledText(traded.lowTicks, price),
          change: scaledText(traded.closeTicks - traded.openTicks, price),
          changePercent: percentText(traded.closeTicks - traded.openTicks, traded.openTicks),
        }),
    ...(lastPriceTicks === 0
      ? {}
      : { last: scaledText(lastPriceTicks, price), lastQuantity: scaledText(lastQtyLots, quantity) }),
    volume: scaledText(traded?.volumeLots ?? 0, quantity),
    quoteVolume: scaledText(traded?.quoteVolumeMinor ?? 0, money),
    ...sideOf('bid', bid, price, quantity),
    ...sideOf('ask', ask, price, quantity),
  };
}

function sideOf<Side extends 'bid' | 'ask'>(
  side: Side,
  level: BookLevel | undefined,
  price: Scale,
  quantity: Scale,
): { [Key in Side | `${Side}Quantity`]?: string } {
  if (level === undefined) return {};
  return {
    [side]: scaledText(level.priceTicks, price),
    [`${side}Quantity`]: scaledText(level.qtyLots, quantity),
  } as { [Key in Side | `${Side}Quantity`]?: string };
}

/** `part` in percent of `whole` with 4 decimals, half away from zero. Exact below 2^31 ticks. */
function percentText(part: number, whole: number): string {
  const rounded = (2n * BigInt(Math.abs(part)) * 1_000_000n + BigInt(whole)) / (2n * BigInt(whole));
  return scaledText(part < 0 ? -rounded : rounded, { unit: 1, decimals: 4 });
}
