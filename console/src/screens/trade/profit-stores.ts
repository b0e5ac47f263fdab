import { ProfitStore } from '../../state/account/profit-store.ts';
import { tickerStore } from './market-hooks.ts';

let current: { readonly quoteAsset: string; readonly store: ProfitStore } | undefined;

/** The profit in instruments of one quote asset: one at a time is kept. */
export function profitStore(quoteAsset: string): ProfitStore {
  if (current?.quoteAsset !== quoteAsset)
    current = {
      quoteAsset,
      store: new ProfitStore(quoteAsset, (symbol) => tickerStore(symbol).get().value?.ticker.last),
    };
  return current.store;
}

/** Another user signs in: what was traded is somebody else's. */
export function forgetProfit(): void {
  current = undefined;
}
