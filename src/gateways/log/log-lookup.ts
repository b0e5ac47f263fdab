import type { LogLookup } from '#codec/json/log-json.ts';
import type { MarketViews } from '#domain/market-views.ts';
import type { UserDirectory } from '../identity/user-directory.ts';

/** What a log is read with, of what the edge knows. */
export function logLookup(views: MarketViews, directory: UserDirectory): LogLookup {
  return {
    asset: (assetId) => views.asset(assetId),
    instrument: (instrumentId) => views.instrument(instrumentId),
    userName: (userId) => directory.user(userId)?.name,
  };
}
