import { readEvent } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { InstrumentKind, KillScope, Phase, Side } from '#domain/commands.ts';
import {
  CancelReason,
  CommandRejected,
  EventFlag,
  EventType,
  FillCanceled,
  OrderAccepted,
  OrderCanceled,
  OrderReplaced,
  OrderTriggered,
  PositionChanged,
  Trade,
  TradeFlag,
} from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { Limits } from '#domain/limits.ts';
import { usedOrderNumber } from '#domain/order-numbers.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { rejectName } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Book } from '../market-views/book.ts';
import { DisplayedBooks } from '../market-views/displayed-books.ts';
import { METRICS } from './catalogue.ts';
import {
  DurationHistogram,
  ExecutionQuality,
  OrderTimes,
  QUALITY_WINDOW_SECONDS,
} from './execution-quality.ts';
import { Profit } from './profit.ts';
import type { MetricsRegistry } from './registry.ts';
import { RollingSums } from './rolling-sums.ts';

/** Samples with a symbol or an account: those that trade most. */
export const SYMBOLS_MAX = 100;
export const ACCOUNTS_MAX = 20;
/** Accounts whose orders are counted. */
const COUNTED_ACCOUNTS_MAX = 10_000;

const {
  instrumentId: INSTRUMENT_AT,
  reportNumber: REPORT_AT,
  timeSeconds: SECONDS_AT,
  timeNanos: NANOS_AT,
} = Trade.at;
const AGGRESSOR_SIDE = byteAt(Trade, 'aggressorSide');
const TRADE_FLAGS = byteAt(Trade, 'tradeFlags');
const CANCEL_REASON = byteAt(OrderCanceled, 'reason');
const REJECT_CODE = byteAt(CommandRejected, 'rejectCode');
const FILL_SIDE = byteAt(FillCanceled, 'side');
const REPLACED_KEEPS = byteAt(OrderReplaced, 'keepsPriority');
const PHASES = Object.entries(Phase);
const SCOPES = Object.entries(KillScope).map(([name, scope]) => [name.toLowerCase(), scope] as const);
const ORDER_EVENTS = ['accepted', 'replaced', 'canceled', 'expired', 'triggered'] as const;
type OrderEvent = (typeof ORDER_EVENTS)[number];
/** Fields of an account's rolling sums. */
const Activity = { orders: 0, trades: 1 } as const;

interface InstrumentMetrics {
  terms: Event<'InstrumentAdded'>;
  readonly book: Book;
  readonly quality: ExecutionQuality;
  readonly timeToFill: DurationHistogram;
  phase: number;
  /** Planned end of the phase; 0: none. */
  endSeconds: number;
  /** How late the newest planned end came; NaN: none came yet. */
  lateSeconds: number;
  trades: number;
  valueMinor: number;
  lastPriceTicks: number;
}

/** What happens in the venue, as metrics: from the events, on a thread that may lag behind them. */
export class VenueMetrics implements FollowingSink {
  declare private readonly position: { sequence: number };
  declare private readonly books: DisplayedBooks;
  declare private readonly instruments: Map<number, InstrumentMetrics>;
  declare private readonly assets: Map<number, { readonly symbol: string; readonly decimals: number }>;
  declare private readonly orderEvents: Map<OrderEvent, number>;
  declare private readonly rejects: Map<number, number>;
  declare private reports: number;
  /** Switches that are on, by `scope:id`. */
  declare private readonly kills: Set<string>;
  declare private readonly profit: Profit;
  /** Fees that the venue took and did not give back, by asset. */
  declare private readonly feesMinor: Map<number, number>;
  declare private readonly activity: Map<number, RollingSums>;
  declare private readonly orderTimes: OrderTimes;
  /** The highest order number that a user has used, and that user. */
  declare private lastNumber: { readonly userId: number; readonly number: number };
  /** Log time of the newest event, in seconds. */
  declare private nowSeconds: number;
  declare private readonly clockSeconds: () => number;

  /** @param clockSeconds the time now, in seconds: log time says it only while events come */
  constructor(clockSeconds: () => number) {
    this.position = { sequence: 0 };
    this.books = new DisplayedBooks(this.position);
    this.instruments = new Map();
    this.assets = new Map();
    this.orderEvents = new Map(ORDER_EVENTS.map((event) => [event, 0]));
    this.rejects = new Map();
    this.reports = 0;
    this.kills = new Set();
    this.profit = new Profit();
    this.feesMinor = new Map();
    this.activity = new Map();
    this.orderTimes = new OrderTimes();
    this.lastNumber = { userId: 0, number: 0 };
    this.nowSeconds = 0;
    this.clockSeconds = clockSeconds;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32, f64 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      this.position.sequence = f64[(at + Trade.at.sequence) >> 1];
      this.nowSeconds = (i32[at + SECONDS_AT] >>> 0) + (i32[at + NANOS_AT] >>> 0) / 1e9;
      const isImage = (i32[at] & (EventFlag.Image << 8)) !== 0;
      if (!isImage && f64[(at + REPORT_AT) >> 1] !== 0) this.reports++;
      this.#noteNumber(i32[at + OrderAccepted.at.userId], usedOrderNumber(words, at));
      this.#apply(words, at, isImage);
    }
    this.profit.step(this.nowSeconds, (instrumentId) => this.#priceOf(instrumentId));
  }

  onRestart(): void {
    this.books.restart();
    this.kills.clear();
    this.profit.restart();
  }

  onImage(): void {}

  addSamples(registry: MetricsRegistry): void {
    for (const [event, count] of this.orderEvents) registry.set('hive_orders_total', count, { event });
    for (const [code, count] of this.rejects)
      registry.set('hive_rejects_total', count, { code: rejectName(code) ?? String(code) });
    registry.set('hive_reports_total', this.reports, {});
    const { userId, number } = this.lastNumber;
    if (userId !== 0)
      registry.set('hive_order_numbers_used_ratio', number / Limits.ID_MAX, { user: String(userId) });
    for (const [scope, number] of SCOPES) {
      const engaged = [...this.kills].filter((key) => key.startsWith(`${number}:`)).length;
      registry.set('hive_kill_switch', engaged, { scope });
    }
    const instruments = [...this.instruments.values()].sort((a, b) => b.trades - a.trades);
    const nowSeconds = Math.max(this.nowSeconds, this.clockSeconds());
    for (const instrument of instruments.slice(0, SYMBOLS_MAX))
      this.#addInstrument(registry, instrument, nowSeconds);
    this.#addAccounts(registry, nowSeconds);
  }

  #apply(words: WordBuffer, at: number, isImage: boolean): void {
    switch (words.i32[at] & 0xff) {
      case EventType.OrderAccepted:
        if (!isImage) this.#accepted(words, at);
        return;
      case EventType.OrderRested:
        this.books.rested(this.#instrument(words, at).book, words, at);
        return;
      case EventType.Trade:
        this.#trade(words, at);
        return;
      case EventType.OrderCanceled:
        this.#canceled(words, at);
        return;
      case EventType.OrderReplaced:
        this.#replaced(words, at);
        return;
      case EventType.OrderTriggered:
        this.#count('triggered');
        this.#instrument(words, at).quality.incoming(
          this.nowSeconds,
          words.f64[(at + OrderTriggered.at.orderId) >> 1],
          0,
          middleOf(this.#instrument(words, at).book),
          0,
        );
        return;
      case EventType.CommandRejected: {
        const byte = (at << 2) + REJECT_CODE;
        const code = words.u8[byte] | (words.u8[byte + 1] << 8);
        this.rejects.set(code, (this.rejects.get(code) ?? 0) + 1);
        return;
      }
      case EventType.PositionChanged:
        this.#positionChanged(words, at);
        return;
      default:
        this.#applyRare(words, at);
    }
  }

  #applyRare(words: WordBuffer, at: number): void {
    switch (words.i32[at] & 0xff) {
      case EventType.FillCanceled:
        this.#fillCanceled(words, at);
        return;
      case EventType.AssetAdded: {
        const { assetId, symbol, decimals } = readEvent(words, at) as Event<'AssetAdded'>;
        this.assets.set(assetId, { symbol, decimals });
        return;
      }
      case EventType.InstrumentAdded:
        this.#instrumentAdded(readEvent(words, at) as Event<'InstrumentAdded'>);
        return;
      case EventType.PhaseChanged: {
        const { phase, endSeconds } = readEvent(words, at) as Event<'PhaseChanged'>;
        const instrument = this.#instrument(words, at);
        // One that was changed by hand, before its time, is not late.
        if (instrument.endSeconds !== 0 && this.nowSeconds >= instrument.endSeconds)
          instrument.lateSeconds = this.nowSeconds - instrument.endSeconds;
        instrument.phase = phase;
        instrument.endSeconds = endSeconds;
        return;
      }
      case EventType.UserAdded: {
        const { newUserId, lastClientOrderId } = readEvent(words, at) as Event<'UserAdded'>;
        this.#noteNumber(newUserId, lastClientOrderId);
        return;
      }
      case EventType.KillSwitchSet: {
        const { scope, scopeId, engaged } = readEvent(words, at) as Event<'KillSwitchSet'>;
        if (engaged === 1) this.kills.add(`${scope}:${scopeId}`);
        else this.kills.delete(`${scope}:${scopeId}`);
        return;
      }
    }
  }

  #noteNumber(userId: number, number: number): void {
    if (number > this.lastNumber.number) this.lastNumber = { userId, number };
  }

  #accepted({ i32, f64 }: WordBuffer, at: number): void {
    const { orderId, qtyLots, priceTicks, accountId } = OrderAccepted.at;
    const instrument = this.#instrumentOf(i32[at + INSTRUMENT_AT]);
    const id = f64[(at + orderId) >> 1];
    this.#count('accepted');
    this.#active(i32[at + accountId] >>> 0, Activity.orders);
    this.orderTimes.set(id, this.nowSeconds);
    const lots = f64[(at + qtyLots) >> 1];
    instrument.quality.incoming(this.nowSeconds, id, i32[at + priceTicks], middleOf(instrument.book), lots);
  }

  #replaced(words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    const { orderId, originalOrderId, qtyLots, cumQtyLots, priceTicks, accountId } = OrderReplaced.at;
    const instrument = this.#instrument(words, at);
    this.#count('replaced');
    this.#active(i32[at + accountId] >>> 0, Activity.orders);
    const id = f64[(at + orderId) >> 1];
    const since = this.orderTimes.get(f64[(at + originalOrderId) >> 1]);
    if (!Number.isNaN(since)) this.orderTimes.set(id, since);
    this.books.replaced(instrument.book, words, at);
    if (u8[(at << 2) + REPLACED_KEEPS] !== 0) return;
    const lots = f64[(at + qtyLots) >> 1] - f64[(at + cumQtyLots) >> 1];
    instrument.quality.incoming(this.nowSeconds, id, i32[at + priceTicks], middleOf(instrument.book), lots);
  }

  #canceled(words: WordBuffer, at: number): void {
    const { i32, u8 } = words;
    const reason = u8[(at << 2) + CANCEL_REASON];
    this.#count(reason === CancelReason.Expired || reason === CancelReason.EndOfDay ? 'expired' : 'canceled');
    if (reason === CancelReason.Requested || reason === CancelReason.MassCancel)
      this.#active(i32[at + OrderCanceled.at.accountId] >>> 0, Activity.orders);
    this.books.canceled(this.#instrument(words, at).book, words, at);
  }

  #trade(words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    const instrument = this.#instrument(words, at);
    const { terms, quality, book } = instrument;
    const t = Trade.at;
    const qtyLots = f64[(at + t.qtyLots) >> 1];
    const amountMinor = f64[(at + t.amountMinor) >> 1];
    const priceTicks = i32[at + t.priceTicks];
    const isAuction = (u8[(at << 2) + TRADE_FLAGS] & TradeFlag.Auction) !== 0;
    const side = isAuction ? undefined : (u8[(at << 2) + AGGRESSOR_SIDE] as Side);
    quality.settle(this.nowSeconds, middleOf(book));
    quality.traded(this.nowSeconds, f64[(at + t.takerOrderId) >> 1], side, priceTicks, qtyLots);
    this.books.traded(book, words, at);
    instrument.trades++;
    instrument.valueMinor += amountMinor;
    instrument.lastPriceTicks = priceTicks;
    const makerBuys = isAuction || side === Side.Sell;
    const fees = f64[(at + t.makerFeeMinor) >> 1] + f64[(at + t.takerFeeMinor) >> 1];
    this.#addFees(terms.quoteAssetId, fees);
    this.#side(
      instrument,
      i32[at + t.makerAccountId] >>> 0,
      makerBuys ? qtyLots : -qtyLots,
      amountMinor,
      f64[(at + t.makerOrderId) >> 1],
      f64[(at + t.makerLeavesQtyLots) >> 1],
    );
    this.#side(
      instrument,
      i32[at + t.takerAccountId] >>> 0,
      makerBuys ? -qtyLots : qtyLots,
      amountMinor,
      f64[(at + t.takerOrderId) >> 1],
      f64[(at + t.takerLeavesQtyLots) >> 1],
    );
    // Reports of trades are numbered in the body, one for each side.
    if (f64[(at + t.makerReportNumber) >> 1] !== 0) this.reports++;
    if (f64[(at + t.takerReportNumber) >> 1] !== 0) this.reports++;
  }

  /** One side of a trade. @param lots bought; negative: sold */
  #side(
    { terms, timeToFill }: InstrumentMetrics,
    accountId: number,
    lots: number,
    amountMinor: number,
    orderId: number,
    leavesLots: number,
  ): void {
    this.#active(accountId, Activity.trades);
    if (isSpot(terms)) this.profit.traded(accountId, terms, lots, amountMinor);
    else this.profit.active(accountId);
    if (leavesLots > 0) return;
    const since = this.orderTimes.get(orderId);
    if (!Number.isNaN(since)) timeToFill.record(Math.max(0, this.nowSeconds - since));
  }

  /** The venue gives back the fee, and the side what it traded: of a margined instrument the position comes by itself. */
  #fillCanceled(words: WordBuffer, at: number): void {
    const { i32, f64, u8 } = words;
    const { terms } = this.#instrument(words, at);
    const fill = FillCanceled.at;
    this.#addFees(terms.quoteAssetId, -f64[(at + fill.feeMinor) >> 1]);
    if (!isSpot(terms)) return;
    const qtyLots = f64[(at + fill.qtyLots) >> 1];
    const lots = u8[(at << 2) + FILL_SIDE] === Side.Buy ? -qtyLots : qtyLots;
    this.profit.traded(i32[at + fill.accountId] >>> 0, terms, lots, f64[(at + fill.amountMinor) >> 1]);
  }

  #addFees(assetId: number, minor: number): void {
    this.feesMinor.set(assetId, (this.feesMinor.get(assetId) ?? 0) + minor);
  }

  #positionChanged({ i32, f64 }: WordBuffer, at: number): void {
    const { positionLots, entryValueMinor, realisedMinor, accountId } = PositionChanged.at;
    this.profit.position(
      i32[at + accountId] >>> 0,
      this.#instrumentOf(i32[at + INSTRUMENT_AT]).terms,
      f64[(at + positionLots) >> 1],
      f64[(at + entryValueMinor) >> 1],
      f64[(at + realisedMinor) >> 1],
    );
  }

  #instrumentAdded(terms: Event<'InstrumentAdded'>): void {
    const known = this.instruments.get(terms.instrumentId);
    if (known !== undefined) {
      known.terms = terms;
      known.phase = terms.phase;
      known.endSeconds = 0;
      return;
    }
    this.instruments.set(terms.instrumentId, {
      terms,
      book: this.books.addBook(terms.instrumentId, terms),
      quality: new ExecutionQuality(),
      timeToFill: new DurationHistogram(METRICS.hive_time_to_fill_seconds.buckets),
      phase: terms.phase,
      endSeconds: 0,
      lateSeconds: Number.NaN,
      trades: 0,
      valueMinor: 0,
      lastPriceTicks: 0,
    });
  }

  #instrument({ i32 }: WordBuffer, at: number): InstrumentMetrics {
    return this.#instrumentOf(i32[at + INSTRUMENT_AT]);
  }

  #instrumentOf(instrumentId: number): InstrumentMetrics {
    const instrument = this.instruments.get(instrumentId);
    if (instrument === undefined)
      throw new Error('Invariant: an instrument is added before anything happens in it');
    return instrument;
  }

  #count(event: OrderEvent): void {
    this.orderEvents.set(event, (this.orderEvents.get(event) ?? 0) + 1);
  }

  #active(accountId: number, field: number): void {
    let sums = this.activity.get(accountId);
    if (sums === undefined) {
      if (this.activity.size >= COUNTED_ACCOUNTS_MAX) return;
      this.activity.set(accountId, (sums = new RollingSums(2, QUALITY_WINDOW_SECONDS)));
    }
    sums.add(this.nowSeconds, field, 1);
  }

  /** Middle of the book, or the last price; undefined: there is neither. */
  #priceOf(instrumentId: number): number | undefined {
    const { book, lastPriceTicks } = this.#instrumentOf(instrumentId);
    const middle = middleOf(book);
    if (!Number.isNaN(middle)) return middle;
    return lastPriceTicks === 0 ? undefined : lastPriceTicks;
  }

  #addInstrument(registry: MetricsRegistry, instrument: InstrumentMetrics, nowSeconds: number): void {
    const { terms, book, quality, timeToFill, phase, trades, valueMinor, lateSeconds } = instrument;
    const { symbol } = terms;
    registry.set('hive_trades_total', trades, { symbol });
    registry.set('hive_traded_value_total', this.unitsOf(terms.quoteAssetId, valueMinor), { symbol });
    const spread =
      (book.best(Side.Sell)?.priceTicks ?? Number.NaN) - (book.best(Side.Buy)?.priceTicks ?? Number.NaN);
    registry.set('hive_book_spread_ticks', spread, { symbol });
    for (const [name, number] of PHASES)
      registry.set('hive_instrument_phase', number === phase ? 1 : 0, { symbol, phase: name });
    quality.settle(nowSeconds, middleOf(book));
    const figures = quality.figures(nowSeconds);
    registry.set('hive_effective_spread_ticks', figures.effectiveSpreadTicks, { symbol });
    registry.set('hive_realised_spread_ticks', figures.realisedSpreadTicks, { symbol });
    registry.set('hive_price_improvement_ticks', figures.priceImprovementTicks, { symbol });
    registry.set('hive_fill_ratio', figures.fillRatio, { symbol });
    registry.setHistogram('hive_time_to_fill_seconds', timeToFill.cumulative(), { symbol });
    registry.set('hive_market_timing_offset_seconds', lateSeconds, { symbol });
  }

  #addAccounts(registry: MetricsRegistry, nowSeconds: number): void {
    const { profit } = this;
    for (const [assetId, minor] of this.feesMinor)
      registry.set('hive_pnl_realised', this.unitsOf(assetId, minor), {
        account: 'venue',
        asset: this.symbolOf(assetId),
      });
    for (const accountId of profit.mostActive(ACCOUNTS_MAX)) {
      const account = String(accountId);
      registry.set('hive_pnl_anomaly_score', profit.scoreOf(accountId), { account });
      for (const { assetId, realisedMinor, unrealisedMinor } of profit.of(accountId, (id) =>
        this.#priceOf(id),
      )) {
        const labels = { account, asset: this.symbolOf(assetId) };
        registry.set('hive_pnl_realised', this.unitsOf(assetId, realisedMinor), labels);
        registry.set('hive_pnl_unrealised', this.unitsOf(assetId, unrealisedMinor), labels);
      }
      const sums = this.activity.get(accountId);
      if (sums === undefined) continue;
      const trades = sums.sum(nowSeconds, Activity.trades);
      const orders = sums.sum(nowSeconds, Activity.orders);
      registry.set('hive_order_to_trade_ratio', orders / Math.max(1, trades), { account });
    }
  }

  /** An asset's symbol, its number before it is known. */
  symbolOf(assetId: number): string {
    return this.assets.get(assetId)?.symbol ?? String(assetId);
  }

  /** An amount in minor units of an asset, in its units. */
  unitsOf(assetId: number, minor: number): number {
    return minor / 10 ** (this.assets.get(assetId)?.decimals ?? 0);
  }
}

function isSpot({ kind }: Event<'InstrumentAdded'>): boolean {
  return kind === InstrumentKind.Spot;
}

/** NaN: a side is empty. */
function middleOf(book: Book): number {
  const bid = book.best(Side.Buy);
  const ask = book.best(Side.Sell);
  return bid === undefined || ask === undefined ? Number.NaN : (bid.priceTicks + ask.priceTicks) / 2;
}
