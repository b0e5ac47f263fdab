import { setTimeout } from 'node:timers/promises';
import { type ArchiveAnswerOf, ArchiveRefusedError, Asker } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { Candle, PublicTrade } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { InstrumentState, PastTrades } from '#projections/market-views/instrument-state.ts';
import type { LiveMarketViews } from '#projections/market-views/live-market-views.ts';

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;
/** Pause after a question that history could not answer yet. */
const RETRY_MS = 1_000;

/**
 * Tells views that began from an image, which has no trades, what was traded before: asks history for each instrument, one question
 * after the other, while the events go on. What is asked and taken in at once is a page at most.
 */
export class PastTradesReader {
  declare private readonly views: LiveMarketViews;
  declare private readonly archive: ArchiveQueries;

  constructor(views: LiveMarketViews, archive: ArchiveQueries) {
    this.views = views;
    this.archive = archive;
  }

  /** To be called when the image is whole. Ends when all its instruments are filled, the views begin anew, or the archive is gone. */
  async fill(): Promise<void> {
    const { views } = this;
    const { generation } = views;
    for (const instrument of [...views.instruments()]) {
      let { sequence } = views;
      while (views.generation === generation) {
        const past = await this.#read(instrument, sequence);
        if (past === 'gone' || views.generation !== generation) return;
        if (past !== 'refused' && views.fill(instrument, past)) break;
        await setTimeout(RETRY_MS, undefined, { ref: false });
        // Too much may have come since what was asked for.
        sequence = views.sequence;
      }
      views.flush();
    }
  }

  async #read(instrument: InstrumentState, sequence: number): Promise<PastTrades | 'refused' | 'gone'> {
    try {
      return await this.#ask(instrument.terms.instrumentId, sequence);
    } catch (error) {
      if (!(error instanceof ArchiveRefusedError)) throw error;
      return error.code === 'CLOSED' ? 'gone' : 'refused';
    }
  }

  /** @throws ArchiveRefusedError */
  async #ask(instrumentId: number, sequence: number): Promise<PastTrades> {
    const { archive, views } = this;
    const newest = await archive.ask(
      { type: 'trades', instrumentId, limit: Limits.VIEW_TRADES_MAX },
      sequence,
      Asker.Anybody,
      true,
    );
    const { timeSeconds } = views;
    const fromSeconds = Math.max(
      0,
      timeSeconds - (timeSeconds % MINUTE_SECONDS) + MINUTE_SECONDS - DAY_SECONDS,
    );
    const minutes: Candle[] = [];
    let completeFromSeconds = 0;
    let next: number | undefined = fromSeconds;
    while (next !== undefined) {
      const { result }: { result: ArchiveAnswerOf<'candles'> } = await archive.ask(
        {
          type: 'candles',
          instrumentId,
          intervalSeconds: MINUTE_SECONDS,
          fromSeconds: next,
          toSeconds: fromSeconds + 2 * DAY_SECONDS,
        },
        sequence,
        Asker.Anybody,
        true,
      );
      minutes.push(...result.rows);
      completeFromSeconds = result.completeFromSeconds;
      next = result.nextFromSeconds;
    }
    return {
      trades: newest.result.rows.toReversed() as PublicTrade[],
      minutes,
      missedToSeconds: Math.max(fromSeconds - 1, completeFromSeconds === 0 ? -1 : completeFromSeconds),
      isWhole: completeFromSeconds === 0,
    };
  }
}
