import { type Decimal, decimalOf, parseDecimal, sum, textOf, ZERO } from '../../lib/decimal.ts';
import { absolute, NO_PROFIT, type Profit, profitAfter, totalOf, unrealisedOf } from '../../lib/profit.ts';
import { tradeValue } from '../../lib/value.ts';
import { venueNowMs } from '../../lib/venue-clock.ts';
import type { Market } from '../market/catalog.ts';
import { Store } from '../store.ts';
import type { FillView } from './account-store.ts';

/** Profit in one instrument, as texts in its quote asset. */
export interface ProfitRow {
  readonly symbol: string;
  readonly quantity: string;
  readonly realised: string;
  readonly unrealised: string | undefined;
  readonly fees: string;
  /** Undefined where there is no price to value what is held at. */
  readonly total: string | undefined;
}

export interface ProfitView {
  /** Time of the first fill that is counted; undefined: there is none. */
  readonly since: string | undefined;
  readonly rows: readonly ProfitRow[];
  readonly realised: string;
  readonly unrealised: string;
  readonly fees: string;
  readonly total: string;
  /** Seconds since the Unix epoch, and the total then. */
  readonly curve: readonly (readonly [time: number, total: number])[];
}

/** Points of the curve: when there are more, of the older half every second one goes. */
const POINTS_MAX = 1_200;
const SAMPLE_MS = 1_000;
const NOTHING: ProfitView = {
  since: undefined,
  rows: [],
  realised: '0',
  unrealised: '0',
  fees: '0',
  total: '0',
  curve: [],
};

/** Profit and loss of the fills that are known, in the instruments of one quote asset, and how it has come about. */
export class ProfitStore extends Store<ProfitView> {
  declare private readonly quoteAsset: string;
  /** The last price of an instrument. */
  declare private readonly priceOf: (symbol: string) => string | undefined;
  declare private market: Market | undefined;
  declare private fills: readonly FillView[];
  declare private profits: Map<string, Profit>;
  declare private curve: (readonly [number, number])[];
  /** The view was made of everything that is known. */
  declare private isCurrent: boolean;
  declare private since: string | undefined;
  declare private timer: ReturnType<typeof setInterval> | undefined;

  constructor(quoteAsset: string, priceOf: (symbol: string) => string | undefined) {
    super(NOTHING);
    this.quoteAsset = quoteAsset;
    this.priceOf = priceOf;
    this.market = undefined;
    this.fills = [];
    this.profits = new Map();
    this.curve = [];
    this.isCurrent = false;
    this.since = undefined;
    this.timer = undefined;
  }

  /** The fills that are known now, newest first. */
  setFills(fills: readonly FillView[], market: Market): void {
    if (fills === this.fills && market === this.market) return;
    const isFirst = this.market === undefined;
    this.fills = fills;
    this.market = market;
    this.#fold(isFirst);
    this.#changed();
  }

  protected override onFollowed(): void {
    this.timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  protected override onLeft(): void {
    clearInterval(this.timer);
  }

  protected override build(): ProfitView {
    if (this.isCurrent) return this.get();
    this.isCurrent = true;
    return this.#view();
  }

  #changed(): void {
    this.isCurrent = false;
    this.invalidate();
  }

  /** @param withCurve whether the curve is drawn from the fills: each is valued at its own price */
  #fold(withCurve: boolean): void {
    this.profits = new Map();
    this.since = undefined;
    const prices = new Map<string, string>();
    for (const fill of this.fills.toReversed()) {
      const terms = this.market?.bySymbol.get(fill.symbol);
      if (terms?.quoteAsset !== this.quoteAsset) continue;
      this.since ??= fill.time;
      this.profits.set(fill.symbol, profitAfter(this.profits.get(fill.symbol) ?? NO_PROFIT, fill));
      if (!withCurve) continue;
      prices.set(fill.symbol, fill.price);
      this.#addPoint(
        Date.parse(fill.time) / 1_000,
        this.#total((symbol) => prices.get(symbol)),
      );
    }
  }

  #sample(): void {
    if (this.profits.size === 0) return;
    this.#addPoint(venueNowMs() / 1_000, this.#total(this.priceOf));
    this.#changed();
  }

  #addPoint(time: number, total: Decimal): void {
    const last = this.curve.at(-1);
    if (last !== undefined && time <= last[0]) return;
    this.curve.push([time, Number(textOf(total))]);
    if (this.curve.length <= POINTS_MAX) return;
    const half = POINTS_MAX / 2;
    this.curve = this.curve.filter((_, index) => index > half || index % 2 === 0);
  }

  #total(priceOf: (symbol: string) => string | undefined): Decimal {
    let total = ZERO;
    for (const [symbol, profit] of this.profits) {
      const value = this.#valueOf(symbol, profit, priceOf(symbol));
      total = sum(total, totalOf(profit, value ?? profit.cost));
    }
    return total;
  }

  #valueOf(symbol: string, { quantity }: Profit, price: string | undefined): Decimal | undefined {
    const terms = this.market?.bySymbol.get(symbol);
    const at = price === undefined ? undefined : parseDecimal(price);
    if (terms === undefined || at === undefined) return undefined;
    return tradeValue(terms, at, absolute(quantity), this.#decimals());
  }

  #decimals(): number {
    return this.market?.assetDecimals.get(this.quoteAsset) ?? 2;
  }

  #view(): ProfitView {
    const decimals = this.#decimals();
    const text = (value: Decimal): string => textOf(value, decimals);
    const rows = [...this.profits].map(([symbol, profit]): ProfitRow => {
      const value = this.#valueOf(symbol, profit, this.priceOf(symbol));
      return {
        symbol,
        quantity: textOf(profit.quantity),
        realised: text(profit.realised),
        unrealised: value === undefined ? undefined : text(unrealisedOf(profit, value)),
        fees: text(profit.fees),
        total: value === undefined ? undefined : text(totalOf(profit, value)),
      };
    });
    const all = (of: (row: ProfitRow) => string | undefined): string =>
      text(rows.reduce((before, row) => sum(before, decimalOf(of(row))), ZERO));
    return {
      since: this.since,
      rows,
      realised: all((row) => row.realised),
      unrealised: all((row) => row.unrealised),
      fees: all((row) => row.fees),
      total: text(this.#total(this.priceOf)),
      curve: this.curve.slice(),
    };
  }
}
