import type { Static } from 'typebox';
import type { Trade } from '#codec/json/market-json.ts';
import type { TradesMessage } from '#codec/json/stream-json.ts';
import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { ChannelStore } from '../channel-store.ts';

export type TradeView = Static<typeof Trade>;

/** Trades that are kept. */
export const TRADES_MAX = 200;

/** The newest trades of an instrument, newest first. */
export class TradesStore extends ChannelStore<readonly TradeView[]> {
  declare private trades: TradeView[];

  constructor(socket: ApiSocket, symbol: string, onIdle: () => void) {
    super(socket, `trades.${symbol}`, false, onIdle);
    this.trades = [];
  }

  protected override receive(message: ChannelMessage): boolean {
    const { type, items = [] } = message as Static<typeof TradesMessage>;
    if (type === 'snapshot') this.trades = [];
    // They come oldest first. A gap says only that some will not come.
    this.trades.push(...items);
    if (this.trades.length > TRADES_MAX) this.trades.splice(0, this.trades.length - TRADES_MAX);
    return true;
  }

  protected override view(): readonly TradeView[] {
    return this.trades.toReversed();
  }
}
