import type { FixMessage } from '#codec/fix/fix-message.ts';
import type { InstrumentView, MarketViewsListener } from '#domain/market-views.ts';
import { failureLines } from '#lib/line-budget.ts';
import { type FixApplication, type FixApplicationSession, FixVerdict } from '../session/application.ts';
import { AskedRequests } from './asked-requests.ts';
import { FixInstruments } from './instruments.ts';
import type { TradingServices } from './services.ts';
import { TradingSession } from './trading-session.ts';

/** What a session asked for on this node, and how far its reports were when it ended here. */
interface LastConnection {
  readonly asked: AskedRequests;
  lastReport: number;
}

/**
 * The trading application on top of FIX sessions: order entry, execution reports, market data, drop copy, as
 * docs/protocols/fix.md describes them.
 */
export class FixTrading implements FixApplication, MarketViewsListener {
  declare private readonly services: TradingServices;
  declare private readonly instruments: FixInstruments;
  declare private readonly sessions: Map<FixApplicationSession, TradingSession>;
  /** Those of them that market data is for. */
  declare private readonly watching: Set<TradingSession>;
  /** By the session's id: what was asked before a connection broke is answered in the next one. */
  declare private readonly last: Map<string, LastConnection>;

  constructor(services: TradingServices) {
    const { logger } = services;
    const failure = failureLines((fields, message) => logger.warn(fields, message));
    this.services = {
      ...services,
      logger: { info: (fields, message) => logger.info(fields, message), warn: failure },
    };
    this.instruments = new FixInstruments(services.views);
    this.sessions = new Map();
    this.watching = new Set();
    this.last = new Map();
  }

  /** Connected sessions. */
  get sessionCount(): number {
    return this.sessions.size;
  }

  /** Ends the sessions of users for whom this is so. */
  logOut(reason: string, isOver: (userId: number) => boolean): void {
    for (const session of this.sessions.keys()) {
      if (isOver(session.profile.userId)) session.logout(reason);
    }
    this.services.flushSoon();
  }

  onLogon(session: FixApplicationSession): void {
    const { id, userId } = session.profile;
    const last = this.last.get(id);
    const lastReport = session.lastReport(userId);
    // Where the session has gone on at another node, that one has answered.
    const asked = last?.lastReport === lastReport ? last.asked : new AskedRequests();
    this.last.set(id, { asked, lastReport });
    const trading: TradingSession = new TradingSession(session, this.services, this.instruments, asked, () =>
      this.watching.add(trading),
    );
    this.sessions.set(session, trading);
    trading.open().catch((error: Error) => {
      this.services.logger.warn({ door: 'fix', session: id, error }, 'the session could not begin');
      session.logout('the session could not begin');
      this.services.flushSoon();
    });
  }

  onMessage(session: FixApplicationSession, message: FixMessage): FixVerdict {
    return this.sessions.get(session)?.onMessage(message) ?? FixVerdict.Later;
  }

  onDrain(session: FixApplicationSession): void {
    this.sessions.get(session)?.onDrain();
  }

  onLogout(session: FixApplicationSession): void {
    const trading = this.sessions.get(session);
    if (trading === undefined) return;
    this.sessions.delete(session);
    this.watching.delete(trading);
    const { id, userId } = session.profile;
    const last = this.last.get(id);
    if (last !== undefined) last.lastReport = session.lastReport(userId);
    trading.close();
  }

  onViewChange(view: InstrumentView, changes: number): void {
    for (const trading of this.watching) trading.onViewChange(view, changes);
  }

  onViewRestart(): void {
    for (const trading of this.watching) trading.onViewRestart();
  }
}
