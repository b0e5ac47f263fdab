import { type Static, Type } from 'typebox';
import type { Candle as CandleView, InstrumentTerms } from '#domain/market-views.ts';
import { assetOf, moneyScale, priceScale, quantityScale, scaledText, type TermsLookup } from './scales.ts';
import { Count, Money, named, Price, Quantity, ref, SymbolText, secondText, Time } from './schemas.ts';

export const Candle = named(
  'Candle',
  'What was traded in one stretch of time. Where nothing was, there is none.',
  {
    openTime: Time,
    open: Price,
    high: Price,
    low: Price,
    close: Price,
    volume: Quantity,
    quoteVolume: Money('what changed hands'),
    takerBuyVolume: Quantity,
    trades: Count('trades in it'),
    isComplete: Type.Boolean({ description: 'false: trades of this time may be missing here' }),
  },
);

export const Candles = named('Candles', 'Candles of one length, oldest first.', {
  symbol: SymbolText,
  interval: Type.String(),
  items: Type.Array(ref(Candle)),
  nextFrom: Type.Optional(Time),
});

export function candleJson(
  lookup: TermsLookup,
  terms: InstrumentTerms,
  candle: CandleView,
): Static<typeof Candle> {
  const price = priceScale(terms);
  const quantity = quantityScale(terms);
  return {
    openTime: secondText(candle.openSeconds),
    open: scaledText(candle.openTicks, price),
    high: scaledText(candle.highTicks, price),
    low: scaledText(candle.lowTicks, price),
    close: scaledText(candle.closeTicks, price),
    volume: scaledText(candle.volumeLots, quantity),
    quoteVolume: scaledText(candle.quoteVolumeMinor, moneyScale(assetOf(lookup, terms.quoteAssetId))),
    takerBuyVolume: scaledText(candle.takerBuyLots, quantity),
    trades: candle.trades,
    isComplete: candle.isComplete,
  };
}
