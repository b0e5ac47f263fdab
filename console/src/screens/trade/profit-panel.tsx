import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Empty } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { colourOf, colours } from '../../design/theme.ts';
import { clockText, dateText, directionOf, grouped, NONE, signed, trimmed } from '../../lib/format.ts';
import type { FillView } from '../../state/account/account-store.ts';
import type { ProfitRow, ProfitView } from '../../state/account/profit-store.ts';
import type { Market } from '../../state/market/catalog.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { useTicker } from './market-hooks.ts';
import { profitStore } from './profit-stores.ts';

const texts = strings.trade.blotter;
/** Instruments whose price is followed for their value. */
const FOLLOWED_MAX = 20;

/** What trading has brought, by instrument and over time. */
export function ProfitPanel({
  quoteAsset,
  market,
  fills,
}: {
  readonly quoteAsset: string;
  readonly market: Market;
  readonly fills: readonly FillView[];
}) {
  const store = profitStore(quoteAsset);
  const view = useStore(store);
  useEffect(() => store.setFills(fills, market), [store, fills, market]);
  const amount = (text: string | undefined) =>
    text === undefined ? NONE : <span className={directionOf(text)}>{signed(text)}</span>;
  if (view.since === undefined) return <Empty>{texts.noProfit}</Empty>;
  const columns = [
    { name: 'symbol', label: texts.symbol, cell: ({ symbol }: ProfitRow) => symbol },
    {
      name: 'quantity',
      label: texts.quantity,
      isNumber: true,
      cell: ({ quantity }: ProfitRow) => signed(trimmed(quantity)),
    },
    {
      name: 'realised',
      label: texts.realised,
      isNumber: true,
      cell: (row: ProfitRow) => amount(row.realised),
    },
    {
      name: 'unrealised',
      label: texts.unrealised,
      isNumber: true,
      cell: (row: ProfitRow) => amount(row.unrealised),
    },
    { name: 'fees', label: texts.fees, isNumber: true, cell: ({ fees }: ProfitRow) => grouped(fees) },
    { name: 'total', label: texts.total, isNumber: true, cell: (row: ProfitRow) => amount(row.total) },
  ];
  const all: ProfitRow = { ...view, symbol: texts.total, quantity: '' };
  return (
    <div className="profit">
      {view.rows.slice(0, FOLLOWED_MAX).map(({ symbol }) => (
        <Follow key={symbol} symbol={symbol} />
      ))}
      <div className="profit-table">
        <p className="muted">
          {texts.since(dateText(view.since))} {quoteAsset}
        </p>
        <Table
          label={texts.tabs.profit}
          columns={columns.map((column) =>
            column.name === 'quantity'
              ? { ...column, cell: (row: ProfitRow) => (row.quantity === '' ? '' : column.cell(row)) }
              : column,
          )}
          rows={[...view.rows, all]}
          keyOf={({ symbol }) => symbol}
        />
      </div>
      <Curve view={view} asset={quoteAsset} />
    </div>
  );
}

/** Keeps an instrument's price known as long as its profit is looked at. */
function Follow({ symbol }: { readonly symbol: string }) {
  useTicker(symbol);
  return null;
}

function Curve({ view, asset }: { readonly view: ProfitView; readonly asset: string }) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const theme = useStore(colours);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is drawn anew
  useEffect(() => {
    const parent = element.current;
    if (parent === null) return;
    const axis = {
      stroke: colourOf('--text-2'),
      grid: { stroke: colourOf('--line'), width: 1 },
      ticks: { show: false },
      font: '11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace',
    };
    const line = colourOf('--accent');
    const made = new uPlot(
      {
        width: parent.clientWidth,
        height: parent.clientHeight,
        legend: { show: false },
        cursor: { show: false },
        axes: [
          {
            ...axis,
            size: 24,
            values: (_plot: uPlot, times: number[]) =>
              times.map((time) => clockText(new Date(time * 1_000).toISOString())),
          },
          { ...axis, size: 70 },
        ],
        series: [{}, { stroke: line, width: 1.5, fill: colourOf('--accent-soft'), points: { show: false } }],
      },
      [[], []],
      parent,
    );
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: parent.clientWidth, height: parent.clientHeight }),
    );
    observer.observe(parent);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot that is made anew shows it anew
  useEffect(() => {
    plot.current?.setData([view.curve.map(([time]) => time), view.curve.map(([, total]) => total)]);
  }, [view, theme]);
  return (
    <div
      ref={element}
      className="profit-curve"
      role="img"
      aria-label={texts.curve(signed(view.total), asset)}
    />
  );
}
