import { tickerJson } from '#codec/json/market-json.ts';
import type { TermsLookup } from '#codec/json/scales.ts';
import { Side } from '#domain/commands.ts';
import type { DayStatistics, InstrumentView } from '#domain/market-views.ts';
import { type Texts, type TimeUnit, textsOf } from './texts.ts';

/** The last 24 hours, as `ticker/24hr` has them. */
export function dayTicker(
  lookup: TermsLookup,
  instrument: InstrumentView,
  nowSeconds: number,
  unit: TimeUnit,
) {
  const { terms, book } = instrument;
  const texts = textsOf(lookup, terms);
  const statistics = instrument.statistics(nowSeconds);
  const bid = book.best(Side.Buy);
  const ask = book.best(Side.Sell);
  const ticker = tickerJson(lookup, terms, statistics, bid, ask);
  return {
    symbol: terms.symbol,
    priceChange: ticker.change ?? texts.price(0),
    priceChangePercent: ticker.changePercent ?? '0.0000',
    weightedAvgPrice: averagePrice(texts, statistics),
    prevClosePrice: texts.price(previousCloseTicks(instrument, statistics)),
    lastPrice: ticker.last ?? texts.price(0),
    lastQty: ticker.lastQuantity ?? texts.quantity(0),
    bidPrice: ticker.bid ?? texts.price(0),
    bidQty: ticker.bidQuantity ?? texts.quantity(0),
    askPrice: ticker.ask ?? texts.price(0),
    askQty: ticker.askQuantity ?? texts.quantity(0),
    ...miniFields(texts, statistics, nowSeconds, unit),
  };
}

/** Of the last trade before the 24 hours; where it is not in memory, the first one in them. 0: there was none. */
function previousCloseTicks({ candles }: InstrumentView, day: DayStatistics): number {
  const { traded, fromSeconds, lastPriceTicks } = day;
  if (traded === undefined) return lastPriceTicks;
  return candles.range('1m', 0, fromSeconds, 1)[0]?.closeTicks ?? traded.openTicks;
}

/** The same without prices of the book. */
export function miniTicker(
  lookup: TermsLookup,
  instrument: InstrumentView,
  nowSeconds: number,
  unit: TimeUnit,
) {
  const texts = textsOf(lookup, instrument.terms);
  const statistics = instrument.statistics(nowSeconds);
  return {
    symbol: instrument.terms.symbol,
    lastPrice: texts.price(statistics.lastPriceTicks),
    ...miniFields(texts, statistics, nowSeconds, unit),
  };
}

function miniFields(
  texts: Texts,
  { traded, fromSeconds }: DayStatistics,
  nowSeconds: number,
  unit: TimeUnit,
) {
  return {
    openPrice: texts.price(traded?.openTicks ?? 0),
    highPrice: texts.price(traded?.highTicks ?? 0),
    lowPrice: texts.price(traded?.lowTicks ?? 0),
    volume: texts.quantity(traded?.volumeLots ?? 0),
    quoteVolume: texts.money(traded?.quoteVolumeMinor ?? 0),
    openTime: fromSeconds * unit,
    closeTime: (nowSeconds + 1) * unit - 1,
    firstId: traded?.firstTradeId ?? -1,
    lastId: traded?.lastTradeId ?? -1,
    count: traded?.trades ?? 0,
  };
}

/** Money over quantity, rounded down to the digits of a price. */
function averagePrice(texts: Texts, { traded }: DayStatistics): string {
  if (traded === undefined || traded.volumeLots === 0n) return texts.price(0);
  const [money, moneyDecimals] = units(texts.money(traded.quoteVolumeMinor));
  const [quantity, quantityDecimals] = units(texts.quantity(traded.volumeLots));
  const [, decimals] = units(texts.price(0));
  const scaled = money * 10n ** BigInt(quantityDecimals + decimals);
  const average = (scaled / (quantity * 10n ** BigInt(moneyDecimals))).toString().padStart(decimals + 1, '0');
  return decimals === 0 ? average : `${average.slice(0, -decimals)}.${average.slice(-decimals)}`;
}

/** A decimal as a whole number of its last digits, and how many digits are behind the point. */
function units(text: string): readonly [bigint, number] {
  const [whole, fraction = ''] = text.split('.');
  return [BigInt(whole + fraction), fraction.length];
}

/** The best prices, as `ticker/bookTicker` has them. */
export function bookTicker(lookup: TermsLookup, { terms, book }: InstrumentView) {
  const { price, quantity } = textsOf(lookup, terms);
  const bid = book.best(Side.Buy);
  const ask = book.best(Side.Sell);
  return {
    symbol: terms.symbol,
    bidPrice: price(bid?.priceTicks ?? 0),
    bidQty: quantity(bid?.qtyLots ?? 0),
    askPrice: price(ask?.priceTicks ?? 0),
    askQty: quantity(ask?.qtyLots ?? 0),
  };
}
