import { Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { Aggressor } from '../market/aggressor.ts';
import { ExecutionReplay } from '../market/execution-replay.ts';
import type { MarketBook, RecordedOrder } from '../market/market-book.ts';
import { RecordedMarket } from '../market/recorded-market.ts';
import type { ReplayVenue } from '../market/replay-venue.ts';
import { ReplayLimits } from '../replay-limits.ts';
import type { ReplayTallies } from '../replay-report.ts';
import type { BitstampOrder } from './bitstamp-order.ts';
import {
  BITSTAMP_PRICE_DECIMALS,
  BITSTAMP_QTY_DECIMALS,
  BitstampKind,
  type BitstampRow,
} from './bitstamp-reader.ts';
import { FillPairing, type FillRow } from './fill-pairing.ts';
import { TradeCheck } from './trade-check.ts';

/** Reasons of this format for which executions, rows and messages are left out. */
export const BitstampReason = {
  Older: 'the resting order is older than the record',
  RestingCrossed: 'the resting order had crossed the book itself and was not in it',
  OneRow: 'only one row of the trade is in the record',
  Snapshot: 'snapshot of a book with orders that are older than the record',
  OlderOrder: 'the order is older than the record',
  CreatedAgain: 'the order was created before',
  CreatedLate: 'created after its end',
  Ended: 'the order has ended',
  NoVolume: 'created without volume or price',
  PriceRange: 'a price of 21,474,836.48 or more does not fit the venue',
} as const;

/**
 * Replays a Bitstamp recording. The exchange sends an order that takes liquidity like any other: as created with a
 * price that crosses the book, and then row by row as it fills. Such an order stays outside the venue; each of its
 * fills becomes an immediate-or-cancel order, and what is left enters once it no longer crosses.
 */
export class BitstampReplay {
  declare private readonly market: RecordedMarket;
  declare private readonly venue: ReplayVenue;
  declare private readonly book: MarketBook;
  declare private readonly tallies: ReplayTallies;
  declare private readonly executions: ExecutionReplay;
  declare private readonly pairing: FillPairing;
  declare private readonly trades: TradeCheck;
  declare private readonly orders: Map<number, BitstampOrder>;
  /** Orders that cross the book and are therefore not in the venue. */
  declare private readonly crossing: Set<BitstampOrder>;
  /** Volumes, as far as rows have told, of orders that are older than the record. */
  declare private readonly olderVolumes: Map<number, number>;
  /** Ids of the newest deleted rows, and of those before them: a whole day's would not fit a Set. */
  declare private endedIds: Set<number>;
  declare private endedBefore: Set<number>;
  /** Id of the first created order; smaller ones are older than the record. 0 before there is one. */
  declare private firstId: number;
  declare private aggressor: Aggressor | null;
  declare private takerId: number;
  declare private timeSeconds: number;
  declare private timeNanos: number;

  constructor(venue: ReplayVenue, tallies: ReplayTallies) {
    this.market = new RecordedMarket(venue);
    this.venue = venue;
    this.tallies = tallies;
    this.executions = new ExecutionReplay(this.market, tallies);
    this.pairing = new FillPairing();
    this.trades = new TradeCheck(tallies);
    this.orders = new Map();
    this.crossing = new Set();
    this.olderVolumes = new Map();
    this.endedIds = new Set();
    this.endedBefore = new Set();
    this.firstId = 0;
    this.aggressor = null;
    this.takerId = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    venue.fund({
      baseSymbol: 'BTC',
      baseDecimals: BITSTAMP_QTY_DECIMALS,
      quoteSymbol: 'USD',
      quoteDecimals: BITSTAMP_PRICE_DECIMALS,
    });
    this.book = venue.addInstrument({
      instrumentId: 1,
      symbol: 'BTCUSD',
      priceDecimals: BITSTAMP_PRICE_DECIMALS,
      qtyDecimals: BITSTAMP_QTY_DECIMALS,
      valueDenominator: 10 ** BITSTAMP_QTY_DECIMALS,
      maxQtyLots: Limits.QTY_LOTS_MAX,
    });
  }

  onMessage(row: BitstampRow): void {
    this.market.message++;
    this.tallies.messages.add(row.name);
    this.#catchUp(row);
    switch (row.kind) {
      case BitstampKind.Created:
        this.#create(row);
        break;
      case BitstampKind.Changed:
        this.#change(row);
        break;
      case BitstampKind.Deleted:
        this.#delete(row);
        break;
      case BitstampKind.Trade:
        this.trades.onTrade(row.timeMs, row.priceTicks, row.qtyLots);
        break;
      case BitstampKind.Book:
        this.tallies.rowsNotComparable.add(BitstampReason.Snapshot);
        break;
    }
  }

  /** Replays what is held back; call once more after the last message. */
  finish(): void {
    this.#expire(Number.POSITIVE_INFINITY);
    this.#flush();
  }

  /** Does what the time up to this row settles: executions of earlier times, rows that found no partner. */
  #catchUp({ timeMs, timeSeconds, timeNanos }: BitstampRow): void {
    if (timeSeconds !== this.timeSeconds || timeNanos !== this.timeNanos) this.#flush();
    this.timeSeconds = timeSeconds;
    this.timeNanos = timeNanos;
    this.venue.setTime(timeSeconds, timeNanos);
    this.#expire(timeMs);
  }

  #expire(nowMs: number): void {
    for (let row = this.pairing.expired(nowMs); row !== null; row = this.pairing.expired(nowMs)) {
      this.#resolve(row, null, row.qtyLots);
    }
    this.trades.expire(nowMs);
  }

  #create({ id, side, priceTicks, qtyLots }: BitstampRow): void {
    if (this.firstId === 0) this.firstId = id;
    if (this.endedIds.has(id) || this.endedBefore.has(id)) {
      this.tallies.messagesNotReplayed.add(BitstampReason.CreatedLate);
    } else if (this.orders.has(id)) {
      this.tallies.messagesNotReplayed.add(BitstampReason.CreatedAgain);
    } else if (qtyLots === 0 || priceTicks === 0) {
      this.tallies.messagesNotReplayed.add(BitstampReason.NoVolume);
    } else {
      this.#flush();
      const recorded = this.market.register(id, this.book, side, priceTicks, qtyLots);
      const order = { recorded, volumeLots: qtyLots };
      this.orders.set(id, order);
      this.#place(order);
    }
  }

  #change(row: BitstampRow): void {
    const { id, priceTicks, qtyLots } = row;
    const order = this.orders.get(id);
    if (order === undefined) {
      this.#changeUnknown(row);
    } else if (priceTicks !== order.recorded.priceTicks || qtyLots > order.volumeLots) {
      this.#reprice(order, priceTicks, qtyLots);
    } else if (qtyLots < order.volumeLots) {
      this.#onFill(row, order, order.volumeLots - qtyLots);
      order.volumeLots = qtyLots;
    }
  }

  #delete(row: BitstampRow): void {
    const { id, qtyLots } = row;
    this.#end(id);
    const order = this.orders.get(id);
    if (order === undefined) {
      this.#changeUnknown(row);
      return;
    }
    const { volumeLots } = order;
    this.orders.delete(id);
    this.crossing.delete(order);
    order.volumeLots = 0;
    if (qtyLots === 0) {
      this.#onFill(row, order, volumeLots);
      return;
    }
    this.#flush();
    this.#lower(order, volumeLots);
    this.#settleCrossing();
  }

  #end(id: number): void {
    if (this.endedIds.size === ReplayLimits.BITSTAMP_ENDED_IDS) {
      this.endedBefore = this.endedIds;
      this.endedIds = new Set();
    }
    this.endedIds.add(id);
  }

  /** A changed or deleted row of an order without a created row, or after its end. */
  #changeUnknown(row: BitstampRow): void {
    const { id, kind, qtyLots } = row;
    const deleted = kind === BitstampKind.Deleted;
    if (this.firstId !== 0 && id >= this.firstId) {
      this.tallies.messagesNotReplayed.add(BitstampReason.Ended);
      return;
    }
    const before = this.olderVolumes.get(id) ?? null;
    if (deleted) this.olderVolumes.delete(id);
    else this.olderVolumes.set(id, qtyLots);
    if (deleted && qtyLots > 0) this.tallies.messagesNotReplayed.add(BitstampReason.OlderOrder);
    else this.#onFill(row, null, before === null ? null : before - qtyLots);
  }

  /**
   * A market order follows the book with its price, and with its size where it spends an amount of money: it leaves
   * its place and comes in anew. Fills that wait for their trade stay with what it was.
   */
  #reprice(order: BitstampOrder, priceTicks: number, qtyLots: number): void {
    const { id, side } = order.recorded;
    this.#flush();
    this.crossing.delete(order);
    this.#lower(order, order.volumeLots);
    const recorded = this.market.register(id, this.book, side, priceTicks, qtyLots);
    const moved = { recorded, volumeLots: qtyLots };
    this.orders.set(id, moved);
    this.#place(moved);
    this.#settleCrossing();
  }

  /** Keeps an order that crosses the book out of the venue, enters any other. */
  #place(order: BitstampOrder): void {
    if (this.#crosses(order.recorded)) this.crossing.add(order);
    else this.#enter(order.recorded);
  }

  /** An order that the venue cannot hold is followed without being entered. */
  #enter(recorded: RecordedOrder): void {
    if (recorded.priceTicks <= Limits.PRICE_TICKS_MAX) this.market.enter(recorded);
    else this.tallies.messagesNotReplayed.add(BitstampReason.PriceRange);
  }

  #crosses({ side, priceTicks }: RecordedOrder): boolean {
    return this.book.depth(side === Side.Buy ? Side.Sell : Side.Buy).isReachedBy(priceTicks);
  }

  /** Enters what no longer crosses, except while a fill of it waits for its trade. */
  #settleCrossing(): void {
    for (const order of this.crossing) {
      if (order.recorded.claimLots !== order.volumeLots || this.#crosses(order.recorded)) continue;
      this.crossing.delete(order);
      this.#enter(order.recorded);
    }
  }

  /** Takes quantity out of an order, wherever it is. */
  #lower({ recorded }: BitstampOrder, qtyLots: number): void {
    if (recorded.venue === null) this.market.lower(recorded, qtyLots);
    else this.market.cancel(recorded, qtyLots);
  }

  /** The older order of a trade rested, unless it has crossed the book since (a market order that follows it). */
  #onFill(
    { timeMs, id, side, priceTicks }: BitstampRow,
    order: BitstampOrder | null,
    qtyLots: number | null,
  ): void {
    const row: FillRow = { timeMs, id, side, priceTicks, qtyLots, order };
    const partner = this.pairing.match(row);
    if (partner === null) return;
    const [older, younger] = row.id < partner.id ? [row, partner] : [partner, row];
    const moved = older.order !== null && older.order.recorded.venue === null;
    const rests = younger.order !== null && younger.order.recorded.venue !== null;
    const [maker, taker] = moved && rests ? [younger, older] : [older, younger];
    this.#resolve(maker, taker, maker.qtyLots ?? taker.qtyLots);
  }

  /** Replays one trade: `maker` rested, `taker` (where its row is in the record) came in. */
  #resolve(maker: FillRow, taker: FillRow | null, qtyLots: number | null): void {
    const order = maker.order?.recorded ?? null;
    const takerId = taker?.id ?? 0;
    if (qtyLots !== null) this.trades.onExecution(maker.timeMs, maker.priceTicks, qtyLots);
    if (takerId !== this.takerId || order === null || !this.#joins(order)) this.#flush();
    if (taker?.order != null && taker.qtyLots !== null) this.#lower(taker.order, taker.qtyLots);
    if (order === null || maker.order === null || qtyLots === null) {
      this.tallies.executionsNotComparable.add(BitstampReason.Older);
      this.#settleCrossing();
    } else if (order.venue === null) {
      const reason = taker === null ? BitstampReason.OneRow : BitstampReason.RestingCrossed;
      this.tallies.executionsNotComparable.add(reason);
      this.#lower(maker.order, qtyLots);
      this.#settleCrossing();
    } else {
      this.takerId = takerId;
      this.aggressor ??= new Aggressor(this.book, order.side, this.timeSeconds, this.timeNanos);
      const { id, priceTicks } = order;
      const doubt = taker === null ? BitstampReason.OneRow : null;
      this.aggressor.add({ order, id, priceTicks, qtyLots, doubt });
    }
  }

  /** Whether an execution of `order` can be of the aggressor at hand. */
  #joins({ side, id, priceTicks }: RecordedOrder): boolean {
    return (
      this.aggressor?.accepts(this.book, side, this.timeSeconds, this.timeNanos, id, priceTicks) ?? false
    );
  }

  #flush(): void {
    const aggressor = this.aggressor;
    if (aggressor === null) return;
    this.aggressor = null;
    this.executions.execute(this.book, aggressor.side, aggressor.fills, () => {});
    this.#settleCrossing();
  }
}
