import type { MarketViews } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { AccessControl } from '../identity/access-control.ts';
import type { EdgeSessions } from '../orders/edge-sessions.ts';
import type { OrderDesk } from '../orders/order-desk.ts';
import type { VenueChannel } from './venue-channels.ts';

/** What the door is given of the edge. */
export interface WebSocketSources {
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
  readonly access: Pick<AccessControl, 'prove' | 'logInByKey' | 'charge'>;
  readonly desk: Pick<OrderDesk, 'open' | 'hold'>;
  readonly sessions: Pick<EdgeSessions, 'open' | 'close'>;
  /** Channels about the venue as a whole. */
  readonly channels: readonly VenueChannel[];
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
}

/** Where the door says what happened. */
export interface WebSocketLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
