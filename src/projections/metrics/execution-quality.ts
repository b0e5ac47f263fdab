import { Side } from '#domain/commands.ts';
import type { CumulativeCounts } from '#lib/latency-histogram.ts';
import { RollingSums } from './rolling-sums.ts';

/** Over which trades are averaged. */
export const QUALITY_WINDOW_SECONDS = 300;
/** After which the middle of the book says what a trade was worth. */
export const REALISED_AFTER_SECONDS = 5;
/** Trades that wait for that, of one instrument: those beyond are not counted. */
const WAITING_MAX = 256;

const Field = {
  effective: 0,
  effectiveLots: 1,
  realised: 2,
  realisedLots: 3,
  improvement: 4,
  improvementLots: 5,
  filledLots: 6,
  orderedLots: 7,
} as const;
const FIELDS = 8;

interface WaitingTrade {
  readonly dueSeconds: number;
  readonly sign: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
}

/** Averages of the window, in ticks; NaN: there was nothing to average. */
export interface QualityFigures {
  readonly effectiveSpreadTicks: number;
  readonly realisedSpreadTicks: number;
  readonly priceImprovementTicks: number;
  readonly fillRatio: number;
}

/** How well orders of one instrument were executed. */
export class ExecutionQuality {
  declare private readonly sums: RollingSums;
  /** Oldest first. */
  declare private readonly waiting: WaitingTrade[];
  /** The incoming order: its number, limit (0: none) and the middle of the book when it came (NaN: a side was empty). */
  declare private incomingId: number;
  declare private limitTicks: number;
  declare private middleTicks: number;

  constructor() {
    this.sums = new RollingSums(FIELDS, QUALITY_WINDOW_SECONDS);
    this.waiting = [];
    this.incomingId = -1;
    this.limitTicks = 0;
    this.middleTicks = Number.NaN;
  }

  /**
   * An order comes in, before it changes the book.
   * @param limitTicks 0: it has none
   * @param middleTicks of the book; NaN: a side is empty
   * @param newLots that it orders: of a replace what is left, as if it had been canceled and sent anew; 0: an order that was in already
   */
  incoming(
    timeSeconds: number,
    orderId: number,
    limitTicks: number,
    middleTicks: number,
    newLots: number,
  ): void {
    this.incomingId = orderId;
    this.limitTicks = limitTicks;
    this.middleTicks = middleTicks;
    if (newLots > 0) this.sums.add(timeSeconds, Field.orderedLots, newLots);
  }

  /** @param side of the taker; undefined in an auction, where there is none */
  traded(
    timeSeconds: number,
    takerOrderId: number,
    side: Side | undefined,
    priceTicks: number,
    qtyLots: number,
  ): void {
    const { sums } = this;
    sums.add(timeSeconds, Field.filledLots, 2 * qtyLots);
    if (side === undefined) return;
    const sign = side === Side.Buy ? 1 : -1;
    if (this.waiting.length < WAITING_MAX)
      this.waiting.push({ dueSeconds: timeSeconds + REALISED_AFTER_SECONDS, sign, priceTicks, qtyLots });
    if (takerOrderId !== this.incomingId) return;
    if (!Number.isNaN(this.middleTicks)) {
      sums.add(timeSeconds, Field.effective, 2 * sign * (priceTicks - this.middleTicks) * qtyLots);
      sums.add(timeSeconds, Field.effectiveLots, qtyLots);
    }
    if (this.limitTicks !== 0) {
      sums.add(timeSeconds, Field.improvement, sign * (this.limitTicks - priceTicks) * qtyLots);
      sums.add(timeSeconds, Field.improvementLots, qtyLots);
    }
  }

  /** Time has passed, and this is the middle of the book. */
  settle(timeSeconds: number, middleTicks: number): void {
    const { waiting, sums } = this;
    while (waiting.length > 0 && waiting[0].dueSeconds <= timeSeconds) {
      const { sign, priceTicks, qtyLots } = waiting.shift() as WaitingTrade;
      if (Number.isNaN(middleTicks)) continue;
      sums.add(timeSeconds, Field.realised, 2 * sign * (priceTicks - middleTicks) * qtyLots);
      sums.add(timeSeconds, Field.realisedLots, qtyLots);
    }
  }

  figures(timeSeconds: number): QualityFigures {
    const sum = (field: number) => this.sums.sum(timeSeconds, field);
    return {
      effectiveSpreadTicks: sum(Field.effective) / sum(Field.effectiveLots),
      realisedSpreadTicks: sum(Field.realised) / sum(Field.realisedLots),
      priceImprovementTicks: sum(Field.improvement) / sum(Field.improvementLots),
      fillRatio: sum(Field.filledLots) / sum(Field.orderedLots),
    };
  }
}

/** Orders whose time is remembered: a newer one takes the place of the one that many numbers before it. */
const ORDERS = 65_536;

/** When orders were accepted, of the newest. */
export class OrderTimes {
  declare private readonly orderIds: Float64Array;
  declare private readonly seconds: Float64Array;

  constructor() {
    this.orderIds = new Float64Array(ORDERS).fill(-1);
    this.seconds = new Float64Array(ORDERS);
  }

  set(orderId: number, seconds: number): void {
    const at = orderId % ORDERS;
    this.orderIds[at] = orderId;
    this.seconds[at] = seconds;
  }

  /** NaN: not known any more. */
  get(orderId: number): number {
    const at = orderId % ORDERS;
    return this.orderIds[at] === orderId ? this.seconds[at] : Number.NaN;
  }
}

/** Counts durations in buckets. */
export class DurationHistogram {
  declare private readonly bounds: readonly number[];
  declare private readonly counts: Float64Array;
  declare private count: number;
  declare private sumSeconds: number;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length);
    this.count = 0;
    this.sumSeconds = 0;
  }

  record(seconds: number): void {
    const bucket = this.bounds.findIndex((bound) => seconds <= bound);
    if (bucket !== -1) this.counts[bucket]++;
    this.count++;
    this.sumSeconds += seconds;
  }

  cumulative(): CumulativeCounts {
    let below = 0;
    const counts = [...this.counts].map((count) => (below += count));
    return { counts, count: this.count, sumSeconds: this.sumSeconds };
  }
}
