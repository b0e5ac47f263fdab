import type { Candle } from '#domain/market-views.ts';
import type { Texts, TimeUnit } from './texts.ts';

/** A kline as REST has it. */
export type Kline = readonly (string | number)[];

/** A candle of `seconds` as a kline. */
export function klineOf(texts: Texts, seconds: number, candle: Candle, unit: TimeUnit): Kline {
  const { price, quantity, money } = texts;
  return [
    candle.openSeconds * unit,
    price(candle.openTicks),
    price(candle.highTicks),
    price(candle.lowTicks),
    price(candle.closeTicks),
    quantity(candle.volumeLots),
    (candle.openSeconds + seconds) * unit - 1,
    money(candle.quoteVolumeMinor),
    candle.trades,
    quantity(candle.takerBuyLots),
    money(candle.takerBuyQuoteMinor),
    '0',
  ];
}

/**
 * Every stretch of time from `fromSeconds` up to, not including, `toSeconds`: where nothing was traded, one that stands at the close
 * before it; none before there is a close.
 * @param candles those that open in that time, oldest first
 * @param closeTicks the close before that time; undefined: nothing was traded yet
 */
export function withoutHoles(
  candles: readonly Candle[],
  seconds: number,
  fromSeconds: number,
  toSeconds: number,
  closeTicks?: number,
): Candle[] {
  const whole: Candle[] = [];
  let standing = closeTicks;
  let next = 0;
  for (let at = fromSeconds; at < toSeconds; at += seconds) {
    const candle = candles[next];
    if (candle?.openSeconds === at) {
      whole.push(candle);
      standing = candle.closeTicks;
      next++;
    } else if (standing !== undefined) whole.push(quiet(standing, at));
  }
  return whole;
}

function quiet(closeTicks: number, openSeconds: number): Candle {
  return {
    openSeconds,
    openTicks: closeTicks,
    highTicks: closeTicks,
    lowTicks: closeTicks,
    closeTicks,
    trades: 0,
    firstTradeId: -1,
    lastTradeId: -1,
    volumeLots: 0n,
    quoteVolumeMinor: 0n,
    takerBuyLots: 0n,
    takerBuyQuoteMinor: 0n,
    isComplete: true,
  };
}
