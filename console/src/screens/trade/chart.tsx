import {
  CandlestickSeries,
  CrosshairMode,
  createChart,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useMemo, useRef } from 'react';
import { colourOf, colours } from '../../design/theme.ts';
import { clockText, dateText, trimmed } from '../../lib/format.ts';
import type { OrderView } from '../../state/account/account-store.ts';
import type { Bar, CandlesView, Interval } from '../../state/market/candles-store.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';
import { useStore, useStoreEvery } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { candlesStore, useAccount } from './market-hooks.ts';

const texts = strings.trade.chart;
/** Lines of own orders on the chart. */
const LINES_MAX = 20;
/** Candles before the first one in sight at which older ones are asked for. */
const LOAD_AHEAD = 20;
/** A chart is drawn whole for every change: faster than this nobody sees more. */
const CHART_MS = 100;
const DAY_SECONDS = 86_400;

/** What is drawn, outside of React: the chart keeps its own state. */
class Drawing {
  declare readonly chart: IChartApi;
  declare private readonly candles: ISeriesApi<'Candlestick'>;
  declare private readonly volumes: ISeriesApi<'Histogram'>;
  declare private lines: IPriceLine[];
  declare private shown: CandlesView | undefined;
  declare private upSoft: string;
  declare private downSoft: string;

  constructor(element: HTMLElement, priceDecimals: number, tick: number) {
    this.chart = createChart(element, {
      autoSize: true,
      // It would write a style element, which the page does not allow: the panel has the notice.
      layout: { attributionLogo: false, fontSize: 11 },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.22 } },
      timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 6, tickMarkFormatter: markText },
      localization: { timeFormatter: (time: Time) => dateText(isoOf(time)) },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, {
      priceFormat: { type: 'price', precision: priceDecimals, minMove: tick },
      borderVisible: false,
    });
    this.volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: '',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.lines = [];
    this.shown = undefined;
    this.upSoft = '';
    this.downSoft = '';
    this.colour();
  }

  /** Takes the colours of the theme. */
  colour(): void {
    const [up, down, line] = [colourOf('--up'), colourOf('--down'), colourOf('--line')];
    this.upSoft = colourOf('--up-volume');
    this.downSoft = colourOf('--down-volume');
    this.chart.applyOptions({
      layout: { background: { color: colourOf('--surface') }, textColor: colourOf('--text-2') },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: {
        vertLine: { color: colourOf('--line-strong'), labelBackgroundColor: colourOf('--accent-fill') },
        horzLine: { color: colourOf('--line-strong'), labelBackgroundColor: colourOf('--accent-fill') },
      },
    });
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    const { shown } = this;
    this.shown = undefined;
    this.show(shown);
  }

  show(view: CandlesView | undefined): void {
    const before = this.shown;
    this.shown = view;
    if (view === undefined) return;
    if (before === undefined || before.generation !== view.generation) {
      this.candles.setData(view.bars.map((bar) => ({ ...bar, time: bar.time as UTCTimestamp })));
      this.volumes.setData(view.bars.map((bar) => this.#volumeOf(bar)));
      return;
    }
    // The last one may have changed, and some were added behind it.
    const from = Math.max(0, before.bars.length - 1);
    for (const bar of view.bars.slice(from)) {
      this.candles.update({ ...bar, time: bar.time as UTCTimestamp });
      this.volumes.update(this.#volumeOf(bar));
    }
  }

  showOrders(orders: readonly OrderView[]): void {
    for (const line of this.lines) this.candles.removePriceLine(line);
    this.lines = orders.slice(0, LINES_MAX).map(({ side, price, stopPrice, leavesQuantity }) =>
      this.candles.createPriceLine({
        price: Number(price ?? stopPrice),
        color: colourOf(side === 'buy' ? '--up' : '--down'),
        lineWidth: 1,
        lineStyle: price === undefined ? 1 : 2,
        axisLabelVisible: true,
        title: `${strings.trade.sides[side]} ${trimmed(leavesQuantity)}`,
      }),
    );
  }

  #volumeOf({ time, open, close, volume }: Bar) {
    return { time: time as UTCTimestamp, value: volume, color: close >= open ? this.upSoft : this.downSoft };
  }
}

/** Candles with volume, from history and live; the user's orders are lines. */
export function Chart({ terms, interval }: { readonly terms: InstrumentTerms; readonly interval: Interval }) {
  const { symbol, tickSize } = terms;
  const element = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>(undefined);
  const store = candlesStore(symbol, interval);
  const { value } = useStoreEvery(store, CHART_MS);
  const theme = useStore(colours);
  const { open = [] } = useAccount().value ?? {};
  const orders = useMemo(() => open.filter((order) => order.symbol === symbol), [open, symbol]);

  useEffect(() => {
    if (element.current === null) return;
    const decimals = tickSize.includes('.') ? tickSize.length - tickSize.indexOf('.') - 1 : 0;
    const made = new Drawing(element.current, decimals, Number(tickSize));
    drawing.current = made;
    const { chart } = made;
    chart.timeScale().applyOptions({ secondsVisible: interval === '1s' });
    const onRange = (range: { readonly from: number } | null): void => {
      if (range !== null && range.from < LOAD_AHEAD) store.loadOlder();
    };
    chart.timeScale().subscribeVisibleLogicalRangeChange(onRange);
    return () => {
      drawing.current = undefined;
      chart.remove();
    };
  }, [tickSize, interval, store]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is what it takes its colours from
  useEffect(() => drawing.current?.colour(), [theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that is made anew shows them anew
  useEffect(() => drawing.current?.show(value), [value, store, tickSize]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same
  useEffect(() => drawing.current?.showOrders(orders), [orders, theme, store, tickSize]);

  const last = value?.bars.at(-1);
  const decimals = tickSize.includes('.') ? tickSize.length - tickSize.indexOf('.') - 1 : 0;
  return (
    <div className="chart">
      <p className="chart-legend number">
        {last === undefined
          ? texts.empty
          : texts.latest(
              last.open.toFixed(decimals),
              last.high.toFixed(decimals),
              last.low.toFixed(decimals),
              last.close.toFixed(decimals),
              String(Number(last.volume.toFixed(8))),
            )}
      </p>
      <div ref={element} className="chart-canvas" role="img" aria-label={texts.label(symbol, interval)} />
      <a
        className="chart-credit"
        href="https://www.tradingview.com/"
        target="_blank"
        rel="noreferrer"
        title={texts.creditTitle}
      >
        {texts.credit}
      </a>
    </div>
  );
}

function isoOf(time: Time): string {
  return new Date((time as number) * 1_000).toISOString();
}

/** A mark of the time axis: the time of day, or the day at midnight. */
function markText(time: Time, type: number): string {
  const text = isoOf(time);
  if (type < 3 || (time as number) % DAY_SECONDS === 0) return dateText(text).slice(5, 10);
  return type === 4 ? clockText(text) : clockText(text).slice(0, 5);
}
