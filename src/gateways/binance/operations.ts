import { InstrumentKind } from '#domain/commands.ts';
import type { InstrumentView, MarketViews } from '#domain/market-views.ts';
import type { Action } from '#domain/permissions.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { AccessControl } from '../identity/access-control.ts';
import type { Principal } from '../identity/principal.ts';
import type { UserDirectory } from '../identity/user-directory.ts';
import type { OrderDesk } from '../orders/order-desk.ts';
import { BinanceError } from './errors.ts';
import type { Params } from './params.ts';
import type { TimeUnit } from './texts.ts';

/** Where the answers of the dialect come from. */
export interface BinanceSources {
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
  readonly desk: Pick<OrderDesk, 'open' | 'hold'>;
  readonly access: Pick<AccessControl, 'prove' | 'charge'>;
  readonly directory: UserDirectory;
  /** Weight that a key may use at once: what the smaller of its bucket and its user's holds. */
  readonly weightMax: number;
  /** Log sequence of the newest report to a user that is known here; 0 none. */
  newestSequenceOf(userId: number): number;
  /** Wall clock, in milliseconds since the Unix epoch. */
  wallMs(): number;
}

/** The way in over HTTP, and the name of the same over the WebSocket API. */
interface Names {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /api/v3. */
  readonly path: string;
  /** Of the WebSocket API; undefined: HTTP only. */
  readonly wsMethod?: string;
}

interface Common extends Names {
  /** Units of the sender's rate limit. */
  readonly weight: number;
}

/** Something that anybody may ask. */
export interface PublicOperation extends Common {
  /** Reads the parameters, and gives what answers them, with times in `unit`. @throws BinanceError */
  prepare(params: Params, unit: TimeUnit): () => unknown;
}

/** Something that a user asks or does, for itself. */
export interface PrivateOperation extends Common {
  readonly action: Action;
  /** Its keys are proven as those of listen keys are. */
  readonly isStream?: boolean;
  /** Reads the parameters, and gives what answers them, with times in `unit`. @throws BinanceError */
  prepare(params: Params, unit: TimeUnit): (who: Principal) => unknown;
}

export type Operation = PublicOperation | PrivateOperation;

/** The views, once they are whole. @throws BinanceError */
export function readyViews({ views }: Pick<BinanceSources, 'views'>): MarketViews {
  if (views.isReady) return views;
  throw notYet();
}

function notYet(): BinanceError {
  const message = 'Internal error; unable to process your request. Please try again.';
  return new BinanceError('DISCONNECTED', message, 1_000);
}

/** Spot pairs are what this dialect knows of. */
export function spotInstruments(views: MarketViews): InstrumentView[] {
  return [...views.instruments()].filter(({ terms }) => terms.kind === InstrumentKind.Spot);
}

/** @throws BinanceError for a symbol that no spot pair has */
export function spotOf(sources: Pick<BinanceSources, 'views'>, symbol: string): InstrumentView {
  const instrument = readyViews(sources).instrumentBySymbol(symbol);
  if (instrument?.terms.kind === InstrumentKind.Spot) return instrument;
  throw new BinanceError('BAD_SYMBOL', 'Invalid symbol.');
}

/** A spot pair of which it is known what was traded last, or that nothing was. @throws BinanceError */
export function tradedOf(sources: Pick<BinanceSources, 'views'>, symbol: string): InstrumentView {
  const instrument = spotOf(sources, symbol);
  if (instrument.isLastTradeKnown) return instrument;
  throw notYet();
}
