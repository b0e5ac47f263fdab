import type { Static } from 'typebox';
import { candleJson } from '#codec/json/candle-json.ts';
import { tickerJson, tradingStatusJson } from '#codec/json/market-json.ts';
import type { CandlesMessage, PhaseMessage, TickerMessage } from '#codec/json/stream-json.ts';
import { Side } from '#domain/commands.ts';
import {
  type CandleInterval,
  type InstrumentView,
  type MarketViews,
  ViewChange,
} from '#domain/market-views.ts';
import type { Feed, Update } from './feed.ts';
import { WebSocketLimits } from './limits.ts';
import { SharedMessage } from './shared-message.ts';

/** A channel of which only the newest message counts. The state of a client is the text that it has. */
class NewestFeed implements Feed<string> {
  declare readonly changes: number;
  declare private readonly write: () => object;

  constructor(changes: number, write: () => object) {
    this.changes = changes;
    this.write = write;
  }

  update(state: string | undefined): Update<string> | undefined {
    const json = JSON.stringify(this.write());
    return json === state ? undefined : { message: new SharedMessage(json), state: json };
  }
}

/** The last 24 hours and the best prices. */
export function tickerFeed(views: MarketViews, instrument: InstrumentView): Feed<string> {
  const { terms, book } = instrument;
  return new NewestFeed(ViewChange.Trades | ViewChange.BestPrices | ViewChange.Day, () => {
    const statistics = instrument.statistics(views.nowSeconds);
    const ticker = tickerJson(views, terms, statistics, book.best(Side.Buy), book.best(Side.Sell));
    return { channel: `ticker.${terms.symbol}`, type: 'ticker', ticker } satisfies Static<
      typeof TickerMessage
    >;
  });
}

/** The phase, and what an auction that collects would do. */
export function phaseFeed(instrument: InstrumentView): Feed<string> {
  const { symbol } = instrument.terms;
  return new NewestFeed(ViewChange.Status | ViewChange.Indicative, () => {
    const status = tradingStatusJson(instrument);
    return { channel: `phase.${symbol}`, type: 'phase', status } satisfies Static<typeof PhaseMessage>;
  });
}

/** The newest candle that a client has. */
export interface CandlesState {
  readonly openSeconds: number;
  readonly trades: number;
}

/** The candle that changes, and those that closed since a client heard last. */
export class CandlesFeed implements Feed<CandlesState> {
  declare readonly changes: number;
  declare private readonly views: MarketViews;
  declare private readonly instrument: InstrumentView;
  declare private readonly interval: CandleInterval;
  declare private newest: CandlesState | undefined;

  constructor(views: MarketViews, instrument: InstrumentView, interval: CandleInterval) {
    this.changes = ViewChange.Trades;
    this.views = views;
    this.instrument = instrument;
    this.interval = interval;
    this.newest = undefined;
  }

  update(state: CandlesState | undefined): Update<CandlesState> | undefined {
    const { candles, terms } = this.instrument;
    const latest = candles.latest(this.interval);
    if (latest === undefined) return undefined;
    const { openSeconds, trades } = latest;
    if (state?.openSeconds === openSeconds && state.trades === trades) return undefined;
    const from = state?.openSeconds ?? openSeconds;
    const max = WebSocketLimits.CANDLES_PER_MESSAGE_MAX;
    const items = candles
      .range(this.interval, from, openSeconds + 1, max)
      .map((candle) => candleJson(this.views, terms, candle));
    const channel = `candles.${terms.symbol}.${this.interval}`;
    const message = new SharedMessage(
      JSON.stringify({ channel, type: 'candles', items } satisfies Static<typeof CandlesMessage>),
    );
    if (this.newest?.openSeconds !== openSeconds || this.newest.trades !== trades) {
      this.newest = { openSeconds, trades };
    }
    return { message, state: this.newest };
  }
}
