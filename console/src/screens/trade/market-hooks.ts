import type { Static } from 'typebox';
import type {
  BalancesMessage,
  PhaseMessage,
  PositionsMessage,
  TickerMessage,
} from '#codec/json/stream-json.ts';
import { channels, rest } from '../../console.ts';
import { AccountStore, type Report } from '../../state/account/account-store.ts';
import { OrdersStore } from '../../state/account/orders-store.ts';
import { BookStore } from '../../state/market/book-store.ts';
import { CandlesStore, type Interval } from '../../state/market/candles-store.ts';
import { TradesStore } from '../../state/market/trades-store.ts';
import { useStore, useStoreEvery } from '../../state/use-store.ts';
import { onReport } from './order-notes.ts';

/** How often checks and lists take in another price. */
const CALM_MS = 200;

/** What components read of the market and of the account. Each reads what it shows, and renders when that changes. */

export const tickerStore = (symbol: string) =>
  channels.newest<Static<typeof TickerMessage>>(`ticker.${symbol}`);
export const bookStore = (symbol: string) =>
  channels.of(`book.${symbol}`, (socket, onIdle) => new BookStore(socket, symbol, onIdle));
export const tradesStore = (symbol: string) =>
  channels.of(`trades.${symbol}`, (socket, onIdle) => new TradesStore(socket, symbol, onIdle));
export const candlesStore = (symbol: string, interval: Interval) =>
  channels.of(
    `candles.${symbol}.${interval}`,
    (socket, onIdle) => new CandlesStore(socket, rest, symbol, interval, onIdle),
  );
export const accountStore = () =>
  channels.of(
    'reports',
    (socket, onIdle) => new AccountStore(socket, rest, (report: Report) => onReport(report), onIdle),
  );

const ordersStore = () =>
  channels.of(
    'orders',
    (socket, onIdle) => new OrdersStore(socket, (message) => accountStore().onOrders(message), onIdle),
  );

export const useTicker = (symbol: string) => useStore(tickerStore(symbol));
/** The same for what need not follow every frame. */
export const useCalmTicker = (symbol: string) => useStoreEvery(tickerStore(symbol), CALM_MS);
export const useBook = (symbol: string) => useStore(bookStore(symbol));
export const useTrades = (symbol: string) => useStore(tradesStore(symbol));
export const useAccount = () => {
  useStore(ordersStore());
  return useStore(accountStore());
};
export const usePhase = (symbol: string) =>
  useStore(channels.newest<Static<typeof PhaseMessage>>(`phase.${symbol}`));
export const useBalances = () => useStore(channels.newestPrivate<Static<typeof BalancesMessage>>('balances'));
export const usePositions = () =>
  useStore(channels.newestPrivate<Static<typeof PositionsMessage>>('positions'));
