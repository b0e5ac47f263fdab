import { useEffect, useRef } from 'react';
import { colourOf, colours } from '../../design/theme.ts';
import { grouped } from '../../lib/format.ts';
import type { BookView, Level } from '../../state/market/book-store.ts';
import { useStore, useStoreEvery } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { bookStore, usePhase } from './market-hooks.ts';

const texts = strings.trade.chart;

/** It is drawn whole for every change. */
const DEPTH_MS = 100;

interface Colours {
  readonly up: string;
  readonly down: string;
  readonly upSoft: string;
  readonly downSoft: string;
  readonly text: string;
  readonly line: string;
}

/** How much is bid and asked up to each price. */
export function Depth({ symbol }: { readonly symbol: string }) {
  const { value } = useStoreEvery(bookStore(symbol), DEPTH_MS);
  const indicative = usePhase(symbol).value?.status.indicative?.price;
  const theme = useStore(colours);
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = useRef<Colours>(undefined);
  const newest = useRef<Shown>({ book: undefined, at: undefined });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is what it takes its colours from
  useEffect(() => {
    palette.current = {
      up: colourOf('--up'),
      down: colourOf('--down'),
      upSoft: colourOf('--up-volume'),
      downSoft: colourOf('--down-volume'),
      text: colourOf('--text-2'),
      line: colourOf('--line'),
    };
  }, [theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is drawn anew
  useEffect(() => {
    newest.current = { book: value, at: indicative === undefined ? undefined : Number(indicative) };
    if (canvas.current !== null && palette.current !== undefined)
      draw(canvas.current, newest.current, palette.current);
  }, [value, indicative, theme]);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (palette.current !== undefined) draw(element, newest.current, palette.current);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const label = texts.depthLabel(sumOf(value?.bids), sumOf(value?.asks));
  return <canvas ref={canvas} className="depth" role="img" aria-label={label} />;
}

function sumOf(levels: readonly Level[] = []): string {
  return String(Number(levels.reduce((all, { size }) => all + size, 0).toFixed(4)));
}

interface Shown {
  readonly book: BookView | undefined;
  /** Price in the middle; undefined: that of the book. */
  readonly at: number | undefined;
}

function draw(canvas: HTMLCanvasElement, { book, at }: Shown, palette: Colours): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const { bids = [], asks = [] } = book ?? {};
  if (bids.length === 0 && asks.length === 0) return;
  const middle = at ?? ((bids[0] ?? asks[0]).at + (asks[0] ?? bids[0]).at) / 2;
  // Both sides reach as far, so that their steepness can be compared.
  const ends = [bids, asks]
    .filter(({ length }) => length > 0)
    .map((side) => Math.abs(side[side.length - 1].at - middle));
  const isCrossed = (bids[0]?.at ?? 0) >= (asks[0]?.at ?? Number.POSITIVE_INFINITY);
  const reach = Math.max(isCrossed ? Math.max(...ends) : Math.min(...ends), middle * 1e-6);
  const bidSteps = stepsOf(bids, middle, reach);
  const askSteps = stepsOf(asks, middle, reach);
  const most = Math.max(bidSteps.at(-1)?.[1] ?? 0, askSteps.at(-1)?.[1] ?? 0);
  const floor = height - 16;
  const top = 14;
  const x = (at: number): number => ((at - middle + reach) / (2 * reach)) * width;
  const y = (amount: number): number => floor - (amount / most) * (floor - top);
  context.font = '11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
  context.fillStyle = palette.line;
  context.fillRect(0, floor, width, 1);
  context.fillRect(Math.round(width / 2), top, 1, floor - top);
  const side = (
    steps: readonly (readonly [number, number])[],
    edge: number,
    soft: string,
    line: string,
  ): void => {
    if (steps.length === 0) return;
    context.beginPath();
    context.moveTo(x(steps[0][0]), floor);
    let before = floor;
    for (const [at, amount] of steps) {
      context.lineTo(x(at), before);
      before = y(amount);
      context.lineTo(x(at), before);
    }
    context.lineTo(edge, before);
    context.strokeStyle = line;
    context.stroke();
    context.lineTo(edge, floor);
    context.closePath();
    context.fillStyle = soft;
    context.fill();
  };
  side(bidSteps, 0, palette.upSoft, palette.up);
  side(askSteps, width, palette.downSoft, palette.down);
  context.fillStyle = palette.text;
  const decimals = (bids[0] ?? asks[0]).price.split('.')[1]?.length ?? 0;
  const price = (at: number): string => grouped(at.toFixed(decimals));
  context.textAlign = 'left';
  context.fillText(price(middle - reach), 4, height - 4);
  context.fillText(String(Number((bidSteps.at(-1)?.[1] ?? 0).toFixed(4))), 4, 11);
  context.textAlign = 'center';
  context.fillText(price(middle), width / 2, height - 4);
  context.textAlign = 'right';
  context.fillText(price(middle + reach), width - 4, height - 4);
  context.fillText(String(Number((askSteps.at(-1)?.[1] ?? 0).toFixed(4))), width - 4, 11);
}

/** Prices within reach, and all that is there up to each. */
function stepsOf(levels: readonly Level[], middle: number, reach: number): [number, number][] {
  const steps: [number, number][] = [];
  let amount = 0;
  for (const { at, size } of levels) {
    amount += size;
    if (Math.abs(at - middle) <= reach * 1.000_001) steps.push([at, amount]);
  }
  return steps;
}
