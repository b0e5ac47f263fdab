import { Asker } from '#domain/history.ts';
import {
  CANDLE_SECONDS,
  type Candle,
  type CandleInterval,
  type InstrumentView,
} from '#domain/market-views.ts';
import { candlesOf } from '../rest/candle-routes.ts';
import { withoutHoles } from './klines.ts';
import type { BinanceSources } from './operations.ts';

type Sources = Pick<BinanceSources, 'archive' | 'views'>;

/** Which candles are wanted, in seconds that are multiples of the interval. */
export interface KlineWindow {
  readonly interval: CandleInterval;
  /** Undefined: the newest ones. */
  readonly fromSeconds: number | undefined;
  /** The first second that no longer counts. */
  readonly endSeconds: number;
  /** Candles, quiet ones included. */
  readonly limit: number;
}

/**
 * Candles of a window without holes, oldest first: from its start on, or the newest. Where nothing was traded yet there are none:
 * those of a window that begins before the instrument's first trade begin with it, as many as are wanted.
 * @throws ArchiveRefusedError
 */
export async function wholeCandles(
  sources: Sources,
  instrument: InstrumentView,
  { interval, fromSeconds, endSeconds, limit }: KlineWindow,
): Promise<Candle[]> {
  const seconds = CANDLE_SECONDS[interval];
  const span = limit * seconds;
  const from = fromSeconds ?? Math.max(0, endSeconds - span);
  const to = Math.min(endSeconds, from + span);
  if (from >= to) return [];
  const candles = await candlesOf(sources, instrument, interval, from, to);
  if (candles[0]?.openSeconds === from) return withoutHoles(candles, seconds, from, to);
  const standing = await closeBefore(sources, instrument, interval, from);
  if (standing !== undefined) return withoutHoles(candles, seconds, from, to, standing);
  const first = candles[0]?.openSeconds ?? (await firstFrom(sources, instrument, interval, from, endSeconds));
  if (first === undefined) return [];
  const end = Math.min(endSeconds, first + span);
  return withoutHoles(await candlesOf(sources, instrument, interval, first, end), seconds, first, end);
}

/** The price of the last trade before `fromSeconds`; undefined: there is none. */
async function closeBefore(
  { archive, views }: Sources,
  { terms, candles }: InstrumentView,
  interval: CandleInterval,
  fromSeconds: number,
): Promise<number | undefined> {
  const [candle] = candles.range(interval, 0, fromSeconds, 1);
  const isLast =
    candle !== undefined &&
    views.gaps.every((gap) => gap.toSeconds < candle.openSeconds || gap.fromSeconds >= fromSeconds);
  if (isLast) return candle.closeTicks;
  const { instrumentId } = terms;
  const { result } = await archive.ask(
    { type: 'trades', instrumentId, toSeconds: fromSeconds, limit: 1 },
    views.sequence,
    Asker.Anybody,
  );
  return result.rows[0]?.priceTicks;
}

/** When the first candle opens that does so at `fromSeconds` or later, before `toSeconds`; undefined: there is none. */
async function firstFrom(
  { archive, views }: Sources,
  { terms }: InstrumentView,
  interval: CandleInterval,
  fromSeconds: number,
  toSeconds: number,
): Promise<number | undefined> {
  const { instrumentId } = terms;
  const { result } = await archive.ask(
    {
      type: 'candles',
      instrumentId,
      intervalSeconds: CANDLE_SECONDS[interval],
      fromSeconds,
      toSeconds,
      limit: 1,
    },
    views.sequence,
    Asker.Anybody,
  );
  return result.rows[0]?.openSeconds;
}
