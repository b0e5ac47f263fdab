import { type CommandSources, Commands } from './commands.ts';
import { credentialRoutes, KeyCommands } from './credential-routes.ts';
import { incidentRoutes } from './incident-routes.ts';
import { type OrderSources, orderRoutes } from './order-routes.ts';
import type { Route } from './routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { userRoutes } from './user-routes.ts';
import { venueRoutes } from './venue-routes.ts';

/** Every command of the HTTP door, in the order of the reference. */
export function commandRoutes(sources: OrderSources & CommandSources): Route[] {
  const commands = new Commands(sources);
  const keys = new KeyCommands(commands);
  return [
    ...orderRoutes(sources),
    ...credentialRoutes(commands, keys),
    ...userRoutes(commands, keys),
    ...sessionRoutes(commands),
    ...venueRoutes(commands),
    ...incidentRoutes(commands, sources),
  ];
}
