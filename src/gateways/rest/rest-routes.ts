import { accountRoutes } from './account-routes.ts';
import { adminRoutes } from './admin-routes.ts';
import { candleRoutes } from './candle-routes.ts';
import { copyRoutes } from './copy-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { logRoutes } from './log-routes.ts';
import { marketRoutes } from './market-routes.ts';
import { riskRoutes } from './risk-routes.ts';
import type { Route } from './routes.ts';
import type { RestSources } from './sources.ts';
import { statusRoutes } from './status-routes.ts';
import { systemRoutes } from './system-routes.ts';

/** Every question of the HTTP door, in the order of the reference. Commands come as routes of their own. */
export function restRoutes(sources: RestSources): Route[] {
  return [
    ...systemRoutes(sources),
    ...statusRoutes(sources.status),
    ...marketRoutes(sources),
    ...candleRoutes(sources),
    ...accountRoutes(sources),
    ...historyRoutes(sources),
    ...adminRoutes(sources),
    ...riskRoutes(sources),
    ...logRoutes(sources),
    ...copyRoutes(sources),
  ];
}
