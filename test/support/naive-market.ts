import { readEvents } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { type Phase, Side } from '#domain/commands.ts';
import { EventFlag, TradeFlag } from '#domain/events.ts';
import type { AggregateTrade, BookLevel, Candle, Indicative, TradeSummary } from '#domain/market-views.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

interface NaiveOrder {
  readonly instrumentId: number;
  readonly side: Side;
  readonly priceTicks: number;
  visibleQtyLots: number;
}

/** Public market state from decoded events, kept in the plainest way: all trades, all orders, everything summed up anew. */
export class NaiveMarket {
  declare orders: Map<number, NaiveOrder>;
  declare readonly trades: Event<'Trade'>[];
  declare readonly phases: Map<number, Phase>;
  declare readonly indicatives: Map<number, Indicative>;

  constructor() {
    this.orders = new Map();
    this.trades = [];
    this.phases = new Map();
    this.indicatives = new Map();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    for (const event of readEvents(words, from, to)) this.apply(event);
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'OrderRested': {
        const { instrumentId, priceTicks, displayQtyLots } = event;
        const side = event.side as Side;
        const order = { instrumentId, side, priceTicks, visibleQtyLots: displayQtyLots };
        this.orders.set(event.orderId, order);
        return;
      }
      case 'Trade':
        this.trades.push(event);
        this.#show(event.makerOrderId, event.makerVisibleQtyLots);
        if ((event.tradeFlags & TradeFlag.Auction) !== 0)
          this.#show(event.takerOrderId, event.takerVisibleQtyLots);
        return;
      case 'OrderCanceled': {
        const order = this.orders.get(event.orderId);
        if (order !== undefined) this.#show(event.orderId, order.visibleQtyLots - event.visibleQtyLots);
        return;
      }
      case 'OrderReplaced': {
        const order = this.orders.get(event.originalOrderId);
        if (order === undefined) return;
        this.orders.delete(event.originalOrderId);
        if (event.keepsPriority === 0) return;
        this.orders.set(event.orderId, order);
        this.#show(event.orderId, order.visibleQtyLots - event.visibleQtyLots);
        return;
      }
      case 'InstrumentAdded':
      case 'PhaseChanged':
        this.phases.set(event.instrumentId, event.phase as Phase);
        if ((event.flags & EventFlag.Image) === 0) this.indicatives.delete(event.instrumentId);
        return;
      case 'AuctionIndicative': {
        const { instrumentId, priceTicks, qtyLots, surplusQtyLots } = event;
        const surplusSide = event.surplusSide as Side | 0;
        if (priceTicks === 0) this.indicatives.delete(instrumentId);
        else this.indicatives.set(instrumentId, { priceTicks, qtyLots, surplusQtyLots, surplusSide });
        return;
      }
    }
  }

  levels(instrumentId: number, side: Side): BookLevel[] {
    const byPrice = new Map<number, { priceTicks: number; qtyLots: number; orders: number }>();
    for (const order of this.orders.values()) {
      if (order.instrumentId !== instrumentId || order.side !== side) continue;
      const { priceTicks } = order;
      const level = byPrice.get(priceTicks) ?? { priceTicks, qtyLots: 0, orders: 0 };
      level.qtyLots += order.visibleQtyLots;
      level.orders++;
      byPrice.set(priceTicks, level);
    }
    const sign = side === Side.Buy ? -1 : 1;
    return [...byPrice.values()].sort((a, b) => sign * (a.priceTicks - b.priceTicks));
  }

  tradesOf(instrumentId: number): Event<'Trade'>[] {
    return this.trades.filter((trade) => trade.instrumentId === instrumentId);
  }

  #show(orderId: number, visibleQtyLots: number): void {
    const order = this.orders.get(orderId);
    if (order === undefined) return;
    order.visibleQtyLots = visibleQtyLots;
    if (visibleQtyLots === 0) this.orders.delete(orderId);
  }
}

/** What `trades`, of which there are some, come to. */
export function summaryOf(trades: readonly Event<'Trade'>[]): TradeSummary {
  const prices = trades.map((trade) => trade.priceTicks);
  const buys = trades.filter((trade) => trade.aggressorSide === Side.Buy);
  const sum = (some: readonly Event<'Trade'>[], field: 'qtyLots' | 'amountMinor'): bigint =>
    some.reduce((total, trade) => total + BigInt(trade[field]), 0n);
  return {
    openTicks: prices[0],
    highTicks: Math.max(...prices),
    lowTicks: Math.min(...prices),
    closeTicks: prices.at(-1)!,
    trades: trades.length,
    firstTradeId: trades[0].tradeId,
    lastTradeId: trades.at(-1)!.tradeId,
    volumeLots: sum(trades, 'qtyLots'),
    quoteVolumeMinor: sum(trades, 'amountMinor'),
    takerBuyLots: sum(buys, 'qtyLots'),
    takerBuyQuoteMinor: sum(buys, 'amountMinor'),
  };
}

/** All candles of `trades`, oldest first; `isComplete` is the caller's to say. */
export function candlesOf(trades: readonly Event<'Trade'>[], seconds: number): Omit<Candle, 'isComplete'>[] {
  const byBegin = Map.groupBy(trades, (trade) => Math.floor(trade.timeSeconds / seconds) * seconds);
  return [...byBegin].map(([openSeconds, some]) => ({ openSeconds, ...summaryOf(some) }));
}

/** The aggregated trades of one instrument's trades. */
export function aggregatesOf(trades: readonly Event<'Trade'>[]): AggregateTrade[] {
  const groups: Event<'Trade'>[][] = [];
  const isAuction = (trade: Event<'Trade'>): boolean => (trade.tradeFlags & TradeFlag.Auction) !== 0;
  for (const trade of trades) {
    const last = groups.at(-1)?.at(-1);
    const isSame =
      last !== undefined &&
      last.sequence === trade.sequence &&
      last.priceTicks === trade.priceTicks &&
      isAuction(last) === isAuction(trade) &&
      (isAuction(trade) || last.takerOrderId === trade.takerOrderId);
    if (isSame) groups.at(-1)!.push(trade);
    else groups.push([trade]);
  }
  return groups.map((group) => {
    const { priceTicks, timeSeconds, timeNanos, sequence } = group[0];
    return {
      firstTradeId: group[0].tradeId,
      lastTradeId: group.at(-1)!.tradeId,
      priceTicks,
      qtyLots: group.reduce((sum, trade) => sum + trade.qtyLots, 0),
      aggressorSide: group[0].aggressorSide as Side | 0,
      timeSeconds,
      timeNanos,
      sequence,
    };
  });
}
