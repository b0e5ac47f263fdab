import type { Static } from 'typebox';
import type { Candle } from '#codec/json/candle-json.ts';
import type { CandlesMessage } from '#codec/json/stream-json.ts';
import { problemOf } from '../../api/problem.ts';
import type { RestClient } from '../../api/rest.ts';
import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { venueNowMs } from '../../lib/venue-clock.ts';
import { ChannelStore } from '../channel-store.ts';

export const INTERVALS = ['1s', '1m', '5m', '15m', '1h', '4h', '1d'] as const;
export type Interval = (typeof INTERVALS)[number];
export const SECONDS: Readonly<Record<Interval, number>> = {
  '1s': 1,
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '4h': 14_400,
  '1d': 86_400,
};

/** A candle as a chart draws it. */
export interface Bar {
  /** Seconds since the Unix epoch at which it opens. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface CandlesView {
  /** Oldest first. */
  readonly bars: readonly Bar[];
  /** Another one: the bars are others; the same: the last ones have changed or were added. */
  readonly generation: number;
}

/** Candles that are kept, and those that one question brings. */
const CANDLES_MAX = 3_000;
const PAGE = 500;
const RETRY_MS = 1_000;

interface Page {
  readonly items: readonly Static<typeof Candle>[];
  /** Where the next question goes on; undefined: these are all. */
  readonly nextFrom?: string;
}

interface Range {
  readonly from: string | undefined;
  readonly to?: string;
}

/** Candles of one length: those of the past from history, then live. */
export class CandlesStore extends ChannelStore<CandlesView> {
  declare private readonly rest: RestClient;
  declare private readonly symbol: string;
  declare private readonly interval: Interval;
  declare private bars: Bar[];
  declare private generation: number;
  declare private isLoading: boolean;
  /** Times that the channel was begun to be followed, and which of these the newest candles were read for. */
  declare private followings: number;
  declare private readFor: number;
  /** Seconds at which the last candle opens up to which none is lacking; undefined: none is there. */
  declare private wholeTo: number | undefined;
  /** Seconds at which the first candle opens that was told of since the channel is followed. */
  declare private liveFrom: number;
  /** History has nothing older. */
  declare private isComplete: boolean;

  constructor(socket: ApiSocket, rest: RestClient, symbol: string, interval: Interval, onIdle: () => void) {
    super(socket, `candles.${symbol}.${interval}`, false, onIdle);
    this.rest = rest;
    this.symbol = symbol;
    this.interval = interval;
    this.bars = [];
    this.generation = 0;
    this.isLoading = false;
    this.followings = 0;
    this.readFor = 0;
    this.wholeTo = undefined;
    this.liveFrom = Number.POSITIVE_INFINITY;
    this.isComplete = false;
  }

  override onFollowing(): void {
    this.followings++;
    void this.#load(undefined);
  }

  override onStale(): void {
    if (this.readFor === this.followings) this.wholeTo = this.bars.at(-1)?.time;
    this.liveFrom = Number.POSITIVE_INFINITY;
    super.onStale();
  }

  /** Reads what lies before the oldest candle. */
  loadOlder(): void {
    const [first] = this.bars;
    if (first !== undefined && !this.isComplete && this.bars.length < CANDLES_MAX)
      void this.#load(first.time);
  }

  protected override receive(message: ChannelMessage): boolean {
    for (const candle of (message as Static<typeof CandlesMessage>).items) {
      const bar = barOf(candle);
      this.liveFrom = Math.min(this.liveFrom, bar.time);
      this.#add(bar);
    }
    return this.generation > 0;
  }

  protected override refresh(): void {
    super.refresh();
    // What comes now does not tell what came before it.
    if (this.readFor !== this.followings) super.onStale();
  }

  protected override view(): CandlesView {
    return { bars: this.bars.slice(), generation: this.generation };
  }

  /** @param before seconds at which a candle that is there opens; undefined: the newest are asked for */
  async #load(before: number | undefined): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    const { followings } = this;
    try {
      if (before === undefined) {
        await this.#readNewest();
        this.readFor = followings;
      } else {
        this.isComplete = !(await this.#readBefore(before));
      }
      this.refresh();
    } catch (error) {
      const problem = problemOf(error);
      this.onProblem(problem);
      if (problem.retry && before === undefined) setTimeout(() => void this.#load(undefined), RETRY_MS);
    }
    this.isLoading = false;
    // The channel was followed anew meanwhile.
    if (followings !== this.followings) void this.#load(undefined);
  }

  /** The newest candles; of a channel that was lost those since then, if these are not more than are kept. */
  async #readNewest(): Promise<void> {
    const { wholeTo } = this;
    const isLongAgo =
      wholeTo !== undefined && Date.now() / 1_000 - wholeTo > CANDLES_MAX * SECONDS[this.interval];
    if (isLongAgo) {
      this.bars = this.bars.filter(({ time }) => time > wholeTo);
      this.isComplete = false;
    }
    let from = wholeTo === undefined || isLongAgo ? undefined : secondText(wholeTo);
    do {
      const page: Page = await this.#read({ from });
      from = page.nextFrom;
    } while (from !== undefined);
    if (this.bars.length === 0) await this.#readBefore(venueNowMs() / 1_000);
  }

  /** The candles before a time, however long before it something was traded; false: there are none. */
  async #readBefore(seconds: number): Promise<boolean> {
    let before: number | undefined = seconds;
    while (before !== undefined) {
      const { items } = await this.#read(stretchBefore(before, this.interval));
      if (items.length > 0) return true;
      before = await this.#tradedBefore(before);
    }
    return false;
  }

  /** The end of the last longer candle before a time: what was traded last is within it. Undefined: there is none. */
  async #tradedBefore(seconds: number): Promise<number | undefined> {
    for (const longer of INTERVALS.slice(INTERVALS.indexOf(this.interval) + 1)) {
      // One that has not ended by then has nothing else: shorter ones would have told.
      const before = Math.floor(seconds / SECONDS[longer]) * SECONDS[longer];
      const last = (await this.#ask(longer, stretchBefore(before, longer))).items.at(-1);
      if (last === undefined) continue;
      const end = barOf(last).time + SECONDS[longer];
      // Otherwise shorter ones are no longer kept.
      return end < seconds ? end : undefined;
    }
    return undefined;
  }

  #ask(interval: Interval, range: Range): Promise<Page> {
    const path = `/instruments/${encodeURIComponent(this.symbol)}/candles`;
    return this.rest.get<Page>(path, { interval, limit: PAGE, ...range });
  }

  async #read(range: Range): Promise<Page> {
    const page = await this.#ask(this.interval, range);
    // What is told is newer than an answer, or will be.
    const loaded = page.items.map(barOf).filter(({ time }) => time < this.liveFrom);
    const [from = 0, to = -1] = [loaded[0]?.time, loaded.at(-1)?.time];
    const around = this.bars.filter(({ time }) => time < from || time > to);
    this.bars = [...around, ...loaded].sort((a, b) => a.time - b.time).slice(-CANDLES_MAX);
    this.generation++;
    return page;
  }

  #add(bar: Bar): void {
    const last = this.bars.at(-1);
    if (last === undefined || bar.time > last.time) this.bars.push(bar);
    else {
      const at = this.bars.findLastIndex(({ time }) => time === bar.time);
      if (at !== -1) this.bars[at] = bar;
    }
    if (this.bars.length <= CANDLES_MAX) return;
    // In one go and not one by one: what is drawn has to be drawn anew.
    this.bars.splice(0, PAGE);
    this.generation++;
  }
}

function barOf(candle: Static<typeof Candle>): Bar {
  return {
    time: Date.parse(candle.openTime) / 1_000,
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
    volume: Number(candle.volume),
  };
}

/** What one question brings of the time before another. */
function stretchBefore(seconds: number, interval: Interval): Range {
  return { from: secondText(Math.max(0, seconds - PAGE * SECONDS[interval])), to: secondText(seconds) };
}

function secondText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
}
