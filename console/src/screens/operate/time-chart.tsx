import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colourOf, colours } from '../../design/theme.ts';
import { clockText } from '../../lib/format.ts';
import { useStore } from '../../state/use-store.ts';

export interface Series {
  readonly label: string;
  /** Token of its colour. */
  readonly token: string;
  /** Lengths of dashes and pauses: lines are told apart by more than colour. */
  readonly dash?: readonly number[];
}

const SPAN_SECONDS_MAX = 900;
const SPAN_SECONDS_MIN = 60;
const HEIGHT_MIN = 96;
const FONT = '11px system-ui, sans-serif';

/** Lines over the last 15 minutes. Missing values are gaps. */
export function TimeChart({
  label,
  series,
  times,
  values,
  isLogarithmic = false,
  format,
}: {
  /** What the lines say, for those who do not see them. */
  readonly label: string;
  readonly series: readonly Series[];
  /** Seconds since the Unix epoch, ascending. */
  readonly times: readonly number[];
  /** By series. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly isLogarithmic?: boolean;
  format(value: number): string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const newest = useRef({ times, values, format });
  newest.current = { times, values, format };
  const theme = useStore(colours);
  const shape = JSON.stringify(series);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the page; `shape` stands for the series
  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    const say = (index: number | null | undefined): void => {
      if (readout.current === null) return;
      const { times: at, values: lines, format: text } = newest.current;
      if (index === null || index === undefined || at[index] === undefined) {
        readout.current.textContent = '';
        return;
      }
      const said = series.map((one, line) => {
        const value = lines[line][index];
        return value === null || value === undefined ? '' : `${one.label} ${text(value)}`;
      });
      const time = clockText(new Date(at[index] * 1_000).toISOString());
      readout.current.textContent = [time, ...said].filter((part) => part !== '').join('  ');
    };
    const made = new uPlot(
      optionsOf(series, isLogarithmic, sizeOf(current), (value) => newest.current.format(value), say),
      dataOf(newest.current.times, newest.current.values),
      current,
    );
    chart.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(current)));
    observer.observe(current);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [shape, isLogarithmic, theme]);
  useEffect(() => {
    chart.current?.setData(dataOf(times, values));
  }, [times, values]);
  return (
    <div className="time-chart" role="img" aria-label={label}>
      <div ref={readout} className="chart-readout number" aria-hidden="true" />
      <div ref={place} className="chart-place" aria-hidden="true" />
    </div>
  );
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: Math.max(120, clientWidth), height: Math.max(HEIGHT_MIN, clientHeight) };
}

function dataOf(
  times: readonly number[],
  values: readonly (readonly (number | null)[])[],
): uPlot.AlignedData {
  return [times as number[], ...(values as (number | null)[][])];
}

function optionsOf(
  series: readonly Series[],
  isLogarithmic: boolean,
  size: { width: number; height: number },
  format: (value: number) => string,
  onCursor: (index: number | null | undefined) => void,
): uPlot.Options {
  const text = colourOf('--text-3');
  const line = colourOf('--line');
  const axis = { stroke: text, font: FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    ...size,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { sync: { key: 'operate' }, drag: { x: false, y: false }, points: { size: 5 } },
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx)] },
    scales: {
      x: {
        time: true,
        // As long as there is little to see it fills the width.
        range: (_self, first) => {
          const now = Date.now() / 1_000;
          const from = Math.min(first ?? now, now - SPAN_SECONDS_MIN);
          return [Math.max(from, now - SPAN_SECONDS_MAX), now];
        },
      },
      y: isLogarithmic
        ? { distr: 3, range: (_self, min, max) => logarithmicRange(min, max) }
        : { range: (_self, _min, max) => [0, Math.max(1, (max ?? 1) * 1.1)] },
    },
    axes: [
      { ...axis, size: 24, space: 70, values: (_self, at) => at.map((seconds) => timeText(seconds, at)) },
      {
        ...axis,
        size: 62,
        space: 24,
        ...(isLogarithmic ? { splits: (_self, _axis, min, max) => decades(min, max) } : {}),
        values: (_self, at) => at.map((value) => (value === null ? '' : format(value))),
      },
    ],
    series: [
      {},
      ...series.map(({ label, token, dash }) => ({
        label,
        stroke: colourOf(token),
        width: 1.5,
        spanGaps: false,
        points: { show: false },
        ...(dash === undefined ? {} : { dash: [...dash] }),
      })),
    ],
  };
}

/** Whole decades, so that lines do not jump with each value. */
function logarithmicRange(min: number | null, max: number | null): [number, number] {
  const low = 10 ** Math.floor(Math.log10(Math.max(1, min ?? 1)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(10, max ?? 10) + 1));
  return [low, high > low ? high : low * 10];
}

function decades(min: number, max: number): number[] {
  const splits: number[] = [];
  for (let at = min; at <= max; at *= 10) splits.push(at);
  return splits;
}

/** Seconds only where the marks are closer than minutes. */
function timeText(seconds: number, all: readonly number[]): string {
  const text = clockText(new Date(seconds * 1_000).toISOString());
  return all.some((at) => at % 60 !== 0) ? text : text.slice(0, 5);
}
