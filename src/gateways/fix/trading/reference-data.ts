import { AppTag } from '#codec/fix/application-tags.ts';
import { FixVersion } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { BusinessRejectReason } from '#codec/fix/rejects.ts';
import { Phase } from '#domain/commands.ts';
import type { InstrumentView, MarketViews } from '#domain/market-views.ts';
import { type FixApplicationSession, FixVerdict } from '../session/application.ts';
import type { AnswerPace } from './answer-pace.ts';
import { type FixInstrument, type FixInstruments, whyNotOffered } from './instruments.ts';
import type { OutgoingJobs } from './outgoing-jobs.ts';

/** Instruments in one SecurityList: it stays below the longest message. */
const LIST_PART = 64;
/** What a part weighs, in Execution Reports. */
const PART_WEIGHT = 8;
/** Requests for phases that one session follows. */
const REQUESTS_MAX = 256;
/** SecurityListRequestType (559). */
const ListType = { Symbol: 0, All: 4 } as const;
/** SecurityRequestResult (560). */
const ListResult = { Valid: 0, Unsupported: 1, NothingFound: 2 } as const;
/** SubscriptionRequestType (263). */
export const Subscription = { Snapshot: '0', Subscribe: '1', Unsubscribe: '2' } as const;

/** TradSesStatus (340) of a phase, and the words that go with it. */
export const TRADING_STATUS: Readonly<Record<Phase, { readonly status: number; readonly text: string }>> = {
  [Phase.Closed]: { status: 3, text: 'closed' },
  [Phase.PreOpen]: { status: 4, text: 'pre-open' },
  [Phase.OpeningAuction]: { status: 4, text: 'opening auction' },
  [Phase.Continuous]: { status: 2, text: 'continuous' },
  [Phase.VolatilityAuction]: { status: 1, text: 'volatility auction' },
  [Phase.Halted]: { status: 1, text: 'halted' },
  [Phase.ClosingAuction]: { status: 5, text: 'closing auction' },
};
const HALTED = 1;
/** TradingSessionID (336) of FIX 5.0 SP2: the day. */
const DAY_SESSION = '1';

/**
 * Answers of one session about instruments: SecurityListRequest (x) and TradingSessionStatusRequest (g). Every instrument is a
 * trading session of its own, named by its symbol.
 */
export class ReferenceData {
  declare private readonly session: FixApplicationSession;
  declare private readonly views: MarketViews;
  declare private readonly instruments: FixInstruments;
  declare private readonly jobs: OutgoingJobs;
  declare private readonly pace: AnswerPace;
  declare private readonly is50: boolean;
  /** The symbol whose changes of phase are sent, by the TradSesReqID of the request; '' stands for all. */
  declare private readonly followed: Map<string, string>;
  /** Instruments whose change has still to be sent. */
  declare private readonly changed: Set<InstrumentView>;

  constructor(
    session: FixApplicationSession,
    views: MarketViews,
    instruments: FixInstruments,
    jobs: OutgoingJobs,
    pace: AnswerPace,
  ) {
    this.session = session;
    this.views = views;
    this.instruments = instruments;
    this.jobs = jobs;
    this.pace = pace;
    this.is50 = session.identity.beginString === FixVersion.Fixt11;
    this.followed = new Map();
    this.changed = new Set();
  }

  /** SecurityListRequest (x). */
  list(message: FixMessage): FixVerdict {
    if (this.jobs.isFull) return FixVerdict.Later;
    const reqId = message.text(AppTag.SecurityReqID) ?? '';
    const type = message.uint(AppTag.SecurityListRequestType);
    // Nothing tells of new instruments: who asks to be told must not believe that it will be.
    const isOnce =
      (message.text(AppTag.SubscriptionRequestType) ?? Subscription.Snapshot) === Subscription.Snapshot;
    if (!isOnce || (type !== ListType.Symbol && type !== ListType.All)) {
      this.#sendList(reqId, ListResult.Unsupported, [], 0, true);
      return FixVerdict.Taken;
    }
    const found = type === ListType.All ? this.#offered() : this.#named(message.text(AppTag.Symbol) ?? '');
    this.pace.spend(Math.floor(found.length / LIST_PART));
    if (found.length === 0) {
      this.#sendList(reqId, ListResult.NothingFound, [], 0, true);
      return FixVerdict.Taken;
    }
    let next = 0;
    this.jobs.add(() => {
      const part = found.slice(next, next + LIST_PART);
      next += LIST_PART;
      this.#sendList(reqId, ListResult.Valid, part, found.length, next >= found.length);
      return next >= found.length;
    }, PART_WEIGHT);
    return FixVerdict.Taken;
  }

  /** TradingSessionStatusRequest (g): of one instrument, or of all. */
  tradingStatus(message: FixMessage): FixVerdict {
    if (this.jobs.isFull) return FixVerdict.Later;
    const reqId = message.text(AppTag.TradSesReqID) ?? '';
    const symbol = message.text(AppTag.TradingSessionID) ?? '';
    const subscription = message.text(AppTag.SubscriptionRequestType);
    if (subscription === Subscription.Unsubscribe) {
      // The id says which request ends: it need not name the instrument again.
      this.followed.delete(reqId);
      return FixVerdict.Taken;
    }
    const isFollowed = subscription === Subscription.Subscribe;
    const refuse = (reason: BusinessRejectReason, text: string): FixVerdict => {
      this.session.businessReject(message, reason, text, reqId);
      return FixVerdict.Taken;
    };
    if (this.followed.has(reqId))
      return refuse(BusinessRejectReason.Other, 'there is a request with this TradSesReqID');
    const one = symbol === '' ? undefined : this.views.instrumentBySymbol(symbol);
    if (symbol !== '' && one === undefined) {
      const text = `unknown TradingSessionID ${symbol}: it is the symbol of an instrument`;
      return refuse(BusinessRejectReason.UnknownId, text);
    }
    if (isFollowed && this.followed.size === REQUESTS_MAX)
      return refuse(
        BusinessRejectReason.Other,
        `a session follows phases by at most ${REQUESTS_MAX} requests`,
      );
    if (isFollowed) this.followed.set(reqId, symbol);
    const all = one === undefined ? [...this.views.instruments()] : [one];
    let next = 0;
    this.jobs.add(() => {
      if (next < all.length) this.#sendStatus(all[next++], reqId, false);
      return next >= all.length;
    });
    return FixVerdict.Taken;
  }

  /** The status of an instrument has changed. */
  onStatus(view: InstrumentView): void {
    if (this.followed.size === 0) return;
    this.changed.add(view);
    this.sendChanged();
  }

  /** Sends what changed as it is now, as far as the counterparty reads. */
  sendChanged(): void {
    for (const view of this.changed) {
      if (!this.session.loggedOn) return;
      if (this.session.isFull) {
        this.session.wantDrain();
        return;
      }
      this.changed.delete(view);
      for (const [reqId, symbol] of this.followed)
        if (symbol === '' || symbol === view.terms.symbol) this.#sendStatus(view, reqId, true);
    }
  }

  #named(symbol: string): FixInstrument[] {
    const instrument = this.instruments.bySymbol(symbol);
    return instrument === undefined ? [] : [instrument];
  }

  #offered(): FixInstrument[] {
    const offered: FixInstrument[] = [];
    for (const view of this.views.instruments()) {
      const instrument = this.instruments.of(view);
      if (whyNotOffered(instrument) === undefined) offered.push(instrument);
    }
    return offered;
  }

  #sendList(
    reqId: string,
    result: number,
    part: readonly FixInstrument[],
    total: number,
    isLast: boolean,
  ): void {
    const writer = this.session.begin('y');
    writer.text(AppTag.SecurityReqID, reqId);
    writer.text(AppTag.SecurityResponseID, reqId);
    writer.int(AppTag.SecurityRequestResult, result);
    if (result === ListResult.Valid) {
      writer.int(AppTag.TotNoRelatedSym, total);
      writer.boolean(AppTag.LastFragment, isLast);
      writer.int(AppTag.NoRelatedSym, part.length);
      for (const { symbol, quoteSymbol, qtyDecimals, lotSize, minQtyLots, ...rest } of part) {
        writer.text(AppTag.Symbol, symbol);
        writer.text(AppTag.Currency, quoteSymbol);
        writer.decimal(AppTag.RoundLot, lotSize, qtyDecimals);
        writer.decimal(AppTag.MinTradeVol, minQtyLots * lotSize, qtyDecimals);
        if (this.is50) {
          writer.decimal(AppTag.MaxTradeVol, rest.maxQtyLots * lotSize, qtyDecimals);
          writer.decimal(AppTag.MinPriceIncrement, rest.tickSize, rest.priceDecimals);
        } else writer.text(AppTag.Text, `tick ${tickText(rest.tickSize, rest.priceDecimals)}`);
      }
    }
    this.session.send();
  }

  #sendStatus(view: InstrumentView, reqId: string, isUnsolicited: boolean): void {
    const { terms, status } = view;
    const { status: tradSesStatus, text } = TRADING_STATUS[status.phase];
    const writer = this.session.begin('h');
    if (reqId !== '') writer.text(AppTag.TradSesReqID, reqId);
    // FIX 5.0 SP2 has a list of values, and a field for the instrument.
    writer.text(AppTag.TradingSessionID, this.is50 ? DAY_SESSION : terms.symbol);
    writer.boolean(AppTag.UnsolicitedIndicator, isUnsolicited);
    writer.int(AppTag.TradSesStatus, status.isSuspended ? HALTED : tradSesStatus);
    if (status.endSeconds !== 0) writer.timestamp(AppTag.TradSesEndTime, status.endSeconds * 1_000);
    if (this.is50) writer.text(AppTag.Symbol, terms.symbol);
    writer.text(AppTag.Text, status.isSuspended ? 'stopped by a kill switch' : text);
    this.session.send();
  }
}

function tickText(tickSize: number, priceDecimals: number): string {
  return (tickSize / 10 ** priceDecimals).toFixed(priceDecimals);
}
