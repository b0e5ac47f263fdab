import type { Static } from 'typebox';
import { type TradesMessage, tradesMessage } from '#codec/json/stream-json.ts';
import { type InstrumentView, type MarketViews, ViewChange } from '#domain/market-views.ts';
import type { Feed, Update } from './feed.ts';
import { WebSocketLimits } from './limits.ts';
import { SharedMessage } from './shared-message.ts';

/** How far a client has come on the tape. */
export interface TradesState {
  /** Position of the next trade that it lacks. */
  readonly next: number;
  /** Of the views: in another one, trades may be missing before it. */
  readonly generation: number;
}

const { TRADES_FIRST_MAX, TRADES_PER_MESSAGE_MAX } = WebSocketLimits;

/** The trades of an instrument, each once; where some are lost to a client it is told so. */
export class TradesFeed implements Feed<TradesState> {
  declare readonly changes: number;
  declare private readonly views: MarketViews;
  declare private readonly instrument: InstrumentView;
  /** At the end of the tape: one object, so that clients there share their messages. */
  declare private end: TradesState | undefined;

  constructor(views: MarketViews, instrument: InstrumentView) {
    this.changes = ViewChange.Trades;
    this.views = views;
    this.instrument = instrument;
    this.end = undefined;
  }

  update(state: TradesState | undefined): Update<TradesState> | undefined {
    const { oldest, next } = this.instrument.trades;
    if (state === undefined) return this.#read('snapshot', Math.max(oldest, next - TRADES_FIRST_MAX));
    if (state.generation !== this.views.generation || state.next < oldest) {
      return { message: this.#gap(), state: this.#stateAt(Math.max(state.next, oldest)) };
    }
    return state.next === next ? undefined : this.#read('trades', state.next);
  }

  #read(type: 'snapshot' | 'trades', from: number): Update<TradesState> {
    const trades = this.instrument.trades.read(from, TRADES_PER_MESSAGE_MAX);
    const message = new SharedMessage(
      JSON.stringify(tradesMessage(this.views, this.instrument, type, trades)),
    );
    return { message, state: this.#stateAt(from + trades.length) };
  }

  #gap(): SharedMessage {
    const channel = `trades.${this.instrument.terms.symbol}`;
    return new SharedMessage(JSON.stringify({ channel, type: 'gap' } satisfies Static<typeof TradesMessage>));
  }

  #stateAt(next: number): TradesState {
    const { generation } = this.views;
    if (this.end?.next !== next || this.end.generation !== generation) this.end = { next, generation };
    return this.end;
  }
}
