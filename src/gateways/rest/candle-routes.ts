import { type Static, Type } from 'typebox';
import { Candles, candleJson } from '#codec/json/candle-json.ts';
import { secondsOf, secondText, timeQuery } from '#codec/json/schemas.ts';
import { type ArchiveAnswerOf, Asker } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import {
  CANDLE_SECONDS,
  type Candle,
  type CandleInterval,
  type InstrumentView,
} from '#domain/market-views.ts';
import { instrumentOf, symbolParam } from './market-routes.ts';
import { invalidField } from './problems.ts';
import { publicRoute, type Route } from './routes.ts';
import { type RestSources, readyViews } from './sources.ts';

const INTERVALS = Object.keys(CANDLE_SECONDS) as CandleInterval[];
const CANDLES_DEFAULT = 500;

/** Candles: those that memory still has, joined with history. */
export function candleRoutes(sources: RestSources): Route[] {
  return [
    publicRoute({
      path: '/instruments/:symbol/candles',
      weight: 5,
      tag: 'market',
      operationId: 'listCandles',
      summary: 'Candles, oldest first; where nothing was traded there is none',
      params: symbolParam,
      query: {
        interval: Type.Optional(
          Type.Unsafe<CandleInterval>({
            type: 'string',
            enum: INTERVALS,
            default: '1m',
            description: 'length',
          }),
        ),
        ...timeQuery,
        limit: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: Limits.HISTORY_CANDLES_MAX,
            default: CANDLES_DEFAULT,
            description: 'lengths of time that are looked at, from the first on',
          }),
        ),
      },
      answer: Candles,
      problems: ['starting', 'UNKNOWN_INSTRUMENT', 'late', 'busy', 'history-behind'],
      handle: async ({ params, query }) => {
        const views = readyViews(sources);
        const instrument = instrumentOf(views, params.symbol);
        const interval = query.interval as CandleInterval;
        const span = spanOf(query, CANDLE_SECONDS[interval], views.nowSeconds);
        const candles = await candlesOf(sources, instrument, interval, span.from, span.to);
        return {
          symbol: instrument.terms.symbol,
          interval,
          items: candles.map((candle) => candleJson(views, instrument.terms, candle)),
          ...(span.next === undefined ? {} : { nextFrom: secondText(span.next) }),
        } satisfies Static<typeof Candles>;
      },
    }),
  ];
}

/** The stretch of time that is answered, whole candles, and where the next question goes on. */
function spanOf(
  query: { readonly from?: string; readonly to?: string; readonly limit?: number },
  intervalSeconds: number,
  nowSeconds: number,
): { readonly from: number; readonly to: number; readonly next: number | undefined } {
  const lengths = (query.limit as number) * intervalSeconds;
  const present = Math.max(nowSeconds + 1, secondsOf(query.from) ?? 0);
  const end = ceil(secondsOf(query.to) ?? present, intervalSeconds);
  const from = ceil(secondsOf(query.from) ?? Math.max(0, end - lengths), intervalSeconds);
  if (from > end) throw invalidField('from', 'must not be later than to');
  const to = Math.min(end, from + lengths);
  return { from, to, next: to < end ? to : undefined };
}

function ceil(seconds: number, unit: number): number {
  return Math.ceil(seconds / unit) * unit;
}

/** Candles that open in `from` up to, not including, `to`, which are multiples of the interval. */
export async function candlesOf(
  { archive, views }: Pick<RestSources, 'archive' | 'views'>,
  { terms, candles }: InstrumentView,
  interval: CandleInterval,
  from: number,
  to: number,
): Promise<readonly Candle[]> {
  const wholeFrom = candles.wholeFromSeconds(interval, to);
  const ofMemory = candles.range(interval, Math.max(from, wholeFrom), to, Limits.HISTORY_CANDLES_MAX);
  if (from >= wholeFrom) return ofMemory;
  const rows: Candle[] = [];
  let next: number | undefined = from;
  while (next !== undefined) {
    const { result }: { result: ArchiveAnswerOf<'candles'> } = await archive.ask(
      {
        type: 'candles',
        instrumentId: terms.instrumentId,
        intervalSeconds: CANDLE_SECONDS[interval],
        fromSeconds: next,
        toSeconds: Math.min(to, wholeFrom),
      },
      views.sequence,
      Asker.Anybody,
    );
    rows.push(...result.rows);
    next = result.nextFromSeconds;
  }
  return [...rows, ...ofMemory];
}
