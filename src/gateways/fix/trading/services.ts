import type { MarketViews } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { EdgeSessions } from '../../orders/edge-sessions.ts';
import type { OrderDesk } from '../../orders/order-desk.ts';
import type { GatewayLogger } from '../../soupbin/logger.ts';
import type { FixSessionProfile } from '../session/profile.ts';

/** A session of the trading application. */
export interface TradingProfile extends FixSessionProfile {
  /** Whether the end of the connection cancels the user's open orders. */
  readonly cancelOnDisconnect: boolean;
  /** Drop copy: the users whose reports it gets, and nothing else; undefined: it trades for its own user. */
  readonly copyOf: readonly number[] | undefined;
}

/** What the trading application works with. */
export interface TradingServices {
  readonly desk: OrderDesk;
  readonly edgeSessions: EdgeSessions;
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
  readonly logger: GatewayLogger;
  /** Wall clock, ms since the Unix epoch. */
  nowMs(): number;
  /** What was sent is to be stored and written: at the end of the turn at the latest. */
  flushSoon(): void;
}
